"""Status calls during a task of 1,000,000 items, against those of a task of 100 and the least possible."""

import http.client
import statistics
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from benchmarks.embedded_system import System, embedded_system
from benchmarks.http_load import load, request
from benchmarks.item_files import scratch
from benchmarks.judging import Bar, report
from benchmarks.peers.bare_routes import bare_routes, keep
from benchmarks.redis_traffic import traffic_of
from benchmarks.side_by_side import Figures, Way, run_in_turns
from fanfold.client import Client

ROUNDS = 5
MANY, FEW = 1_000_000, 100
# Both run all the time, and leave the cores to the calls: many quick naps, and few long ones.
NAP_SECONDS = {MANY: 0.005, FEW: 2}
CALLS = 200
SECONDS = 2.0
CONNECTIONS = 16
_START_SECONDS = 30.0

COMMANDS, BYTES = "Redis commands a call", "Redis bytes a call"
MILLISECONDS, CALLS_A_SECOND = "median ms", "calls/s"

OF_MANY, OF_FEW, BARE = f"status of {MANY:,} items", f"status of {FEW} items", "bare route"

BARS = (
    Bar(ours=OF_MANY, theirs=OF_FEW, figure=COMMANDS, least=0.99, most=1.01),
    Bar(ours=OF_MANY, theirs=OF_FEW, figure=BYTES, least=0.9, most=1.1),
    Bar(ours=OF_MANY, theirs=OF_FEW, figure=MILLISECONDS, least=0.7, most=1.3),
    Bar(ours=OF_MANY, theirs=BARE, figure=CALLS_A_SECOND, least=0.5),
)


def compare() -> bool:
    """Both tasks run all the time; whether the bars were held."""
    with scratch() as folder, embedded_system() as system, bare_routes(system, folder=folder) as bare:
        many, few = (_running_task(system, items=count) for count in (MANY, FEW))
        with many as of_many, few as of_few:
            key = keep(system, value=_status(system, of_many))
            ways = [
                Route(port=system.port, path=f"/schedule/{of_many}").way(OF_MANY, system),
                Route(port=system.port, path=f"/schedule/{of_few}").way(OF_FEW, system),
                Route(port=bare, path=f"/status/{key}").way(BARE, system),
            ]
            rounds = run_in_turns(ways, rounds=ROUNDS)
            _check_running(system, of_many, of_few)
    work = f"{CALLS} calls one after the other, then {SECONDS:.0f} s of calls on {CONNECTIONS} connections"
    return report("status_calls", work=work, rounds=rounds, bars=BARS)


@dataclass(frozen=True, kw_only=True)
class Route:
    """What is called."""

    port: int
    path: str

    def way(self, name: str, system: System) -> Way:
        return Way(name=name, measure=lambda: self._figures(system))

    def _figures(self, system: System) -> Figures:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            self._seconds(connection)
            took: list[float] = []
            traffic = traffic_of(
                lambda: took.extend(self._seconds(connection) for _ in range(CALLS)),
                api_port=self.port,
                redis_port=system.redis_port,
            )
        sent = request("GET", self.path, port=self.port)
        done = load(sent, port=self.port, connections=CONNECTIONS, seconds=SECONDS, status=200)
        return {
            COMMANDS: traffic.commands / CALLS,
            BYTES: traffic.bytes / CALLS,
            MILLISECONDS: statistics.median(took) * 1e3,
            CALLS_A_SECOND: done.calls_a_second,
        }

    def _seconds(self, connection: http.client.HTTPConnection) -> float:
        started = time.perf_counter()
        connection.request("GET", self.path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{self.path}: {answer.status}")
        return time.perf_counter() - started


@contextmanager
def _running_task(system: System, *, items: int) -> Iterator[str]:
    """Submit one of so many items and wait until it runs; it is cancelled at the end."""
    function = f"import time\ndef run(item): time.sleep({NAP_SECONDS[items]})"
    with Client(system.url) as client:
        task = client.submit(function, map(str, range(items)), language="python").task_id
        deadline = time.monotonic() + _START_SECONDS
        while client.status(task).status.value != "INPROGRESS":
            if time.monotonic() > deadline:
                raise RuntimeError(f"the task of {items} items does not begin")
            time.sleep(0.1)
        yield task
        client.cancel(task)


def _status(system: System, task: str) -> bytes:
    """What the bare route answers, too."""
    with urllib.request.urlopen(f"{system.url}/schedule/{task}") as answer:
        body: bytes = answer.read()
    return body


def _check_running(system: System, *tasks: str) -> None:
    with Client(system.url) as client:
        for task in tasks:
            state = client.status(task).status.value
            if state != "INPROGRESS":
                raise RuntimeError(f"a task was {state} before the end")
