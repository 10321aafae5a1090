"""Real servers for the tests: an embedded Kafka and Valkey, or those that the environment names."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fanfold.embedded.jars import cache_folder
from fanfold.embedded.kafka import Kafka
from fanfold.embedded.ports import free_port
from fanfold.embedded.process import Process, Program, last_line
from fanfold.embedded.runtime import kafka_runtime
from fanfold.embedded.valkey import Valkey

_START_SECONDS = 60.0


def wait_until(
    holds: Callable[[], bool], *, seconds: float, state: Callable[[], object] = lambda: ""
) -> None:
    """Poll until it holds; fail, with the last state seen, when the time is over."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s; last seen: {state()}"
        time.sleep(0.02)


class Server:
    """A server process that a test may kill, stop and start again on the same port and data."""

    def __init__(self, program: Program, *, ready: Callable[[], bool]) -> None:
        self._program = program
        self._ready = ready
        self._process = Process(program)
        self._await_ready()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """End it as kill -9 does."""
        self._process.end()

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        self._process.ask_to_stop()
        if not self._process.wait(30):
            self._process.end()

    def start(self) -> None:
        """Start it again after `kill` or `stop`, and wait until it serves."""
        self._process = Process(self._program)
        self._await_ready()

    def _await_ready(self) -> None:
        def serves() -> bool:
            status = self._process.exit_status()
            assert status is None, f"{self._program.name} ended with {status}: {last_line(self._program.log)}"
            return self._ready()

        wait_until(serves, seconds=_START_SECONDS, state=lambda: last_line(self._program.log))


@contextmanager
def valkey_server(folder: Path) -> Iterator[tuple[Server, tuple[str, int]]]:
    """A Valkey of its own in this folder, and its address."""
    valkey = Valkey(data=folder / "redis", port=free_port())
    valkey.prepare()
    server = Server(_program("redis", folder=valkey.data, command=valkey.command()), ready=valkey.ready)
    try:
        yield server, ("127.0.0.1", valkey.port)
    finally:
        server.kill()


@contextmanager
def kafka_server(folder: Path) -> Iterator[tuple[Server, str]]:
    """A Kafka of its own in this folder, and its bootstrap servers."""
    port = free_port()
    kafka = Kafka(
        data=folder / "kafka",
        port=port,
        controller_port=free_port(taken=(port,)),
        runtime=kafka_runtime(cache_folder(), say=print),
    )
    kafka.prepare()
    server = Server(_program("kafka", folder=kafka.data, command=kafka.command()), ready=kafka.ready)
    try:
        yield server, f"127.0.0.1:{port}"
    finally:
        server.kill()


@contextmanager
def redis_address(folder: Path) -> Iterator[tuple[str, int]]:
    """The Redis that FANFOLD_TEST_REDIS names as HOST:PORT, else a Valkey of its own."""
    if named := os.environ.get("FANFOLD_TEST_REDIS"):
        host, _, port = named.rpartition(":")
        yield host, int(port)
        return
    with valkey_server(folder) as (_, address):
        yield address


@contextmanager
def kafka_bootstrap(folder: Path) -> Iterator[str]:
    """The brokers that FANFOLD_TEST_KAFKA names as HOST:PORT,…, else a Kafka of its own."""
    if named := os.environ.get("FANFOLD_TEST_KAFKA"):
        yield named
        return
    with kafka_server(folder) as (_, bootstrap):
        yield bootstrap


def _program(name: str, *, folder: Path, command: tuple[str, ...]) -> Program:
    log, pid_file = folder.parent / f"{name}.log", folder.parent / f"{name}.pid"
    return Program(name=name, command=command, folder=folder, log=log, pid_file=pid_file)
