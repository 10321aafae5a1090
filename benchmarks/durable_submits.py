"""Submits of three items on 16 connections, on disk when they are answered, against the least possible."""

import os
import signal
import time

from benchmarks.embedded_system import System, embedded_system
from benchmarks.http_load import load, request
from benchmarks.item_files import scratch
from benchmarks.judging import Bar, report
from benchmarks.peers.bare_routes import bare_routes
from benchmarks.side_by_side import Way, run_in_turns
from fanfold.client import Client

ROUNDS = 5
SECONDS = 4.0
CONNECTIONS = 16
WORKERS = 2
CALLS_A_SECOND = "calls/s"
BODY = b'{"templateFunction": "echo \\"$1\\"", "inputList": ["one", "two", "three"]}'
_GONE_SECONDS = 60.0
_POLL_SECONDS = 0.1

OURS = "POST /schedule"
BARE = "bare route"

BARS = (Bar(ours=OURS, theirs=BARE, figure=CALLS_A_SECOND, least=0.9),)


def compare() -> bool:
    """The same Redis and Kafka for both, no workers; whether the bar was held."""
    with scratch() as folder, embedded_system("--no-restart", "--workers", str(WORKERS)) as system:
        _stop_workers(system)
        with bare_routes(system, folder=folder) as bare:
            ways = [
                _way(OURS, path="/schedule", port=system.port),
                _way(BARE, path="/submit", port=bare),
            ]
            rounds = run_in_turns(ways, rounds=ROUNDS)
    work = f"{SECONDS:.0f} s a round, {CONNECTIONS} connections, 3 items a submit, no workers"
    return report("durable_submits", work=work, rounds=rounds, bars=BARS)


def _way(name: str, *, path: str, port: int) -> Way:
    sent = request("POST", path, port=port, json=BODY)

    def measure() -> dict[str, float]:
        done = load(sent, port=port, connections=CONNECTIONS, seconds=SECONDS, status=202)
        return {CALLS_A_SECOND: done.calls_a_second}

    return Way(name=name, measure=measure)


def _stop_workers(system: System) -> None:
    """`up` has one at least; they are not started again."""
    for number in range(1, WORKERS + 1):
        os.kill(system.pid(f"worker-{number}"), signal.SIGTERM)
    deadline = time.monotonic() + _GONE_SECONDS
    with Client(system.url) as client:
        while client.nodes():
            if time.monotonic() > deadline:
                raise RuntimeError("the workers do not go")
            time.sleep(_POLL_SECONDS)
