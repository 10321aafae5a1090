"""The whole system in one folder: which processes it has, in which order they come and go."""

import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fanfold.embedded import probes
from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.jars import cache_folder
from fanfold.embedded.java import java_environment
from fanfold.embedded.joining import worker_command
from fanfold.embedded.kafka import Kafka
from fanfold.embedded.member import Part, Say
from fanfold.embedded.modules import module_command, module_environment
from fanfold.embedded.ports import assign, is_free
from fanfold.embedded.process import Program
from fanfold.embedded.runtime import kafka_runtime
from fanfold.embedded.signals import caught_signals
from fanfold.embedded.state import StateFolder
from fanfold.embedded.supervisor import StopAsked, Supervisor
from fanfold.embedded.valkey import Valkey

_WORKER_STOP_SECONDS = 40.0
_SCHEDULER_STOP_SECONDS = 20.0
_SERVER_STOP_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `fanfold up` was asked for."""

    state: StateFolder
    work_dir: Path
    port: int
    schedulers: int
    workers: int
    slots: int
    restarts: bool

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line of `fanfold` that asks for just this."""
        return (
            "up",
            f"--data-dir={self.state.root}",
            f"--port={self.port}",
            f"--schedulers={self.schedulers}",
            f"--workers={self.workers}",
            f"--slots={self.slots}",
            *(() if self.restarts else ("--no-restart",)),
        )

    @property
    def api_ports(self) -> range:
        return range(self.port, self.port + self.schedulers)


def run_system(options: Options, *, say: Say, tell_ready: Callable[[str], None]) -> None:
    """Bring the system up, say when it takes tasks, keep it alive, and stop it when a signal asks.

    Raises:
        EmbeddedError: it cannot come up; all that was started has been stopped.
        OSError: the folder or the cache cannot be written.
    """
    with options.state.hold():
        valkey, kafka = _servers(options, say=say)
        with caught_signals() as signals:
            supervisor = Supervisor(signals=signals, restarts=options.restarts, say=say)
            try:
                _live(supervisor, options=options, servers=(valkey, kafka), tell_ready=tell_ready)
            finally:
                supervisor.end()


def _servers(options: Options, *, say: Say) -> tuple[Valkey, Kafka]:
    state = options.state
    for port in options.api_ports:
        if not is_free(port):
            raise EmbeddedError(
                f"port {port} of 127.0.0.1 is in use: stop what listens there, or choose another with --port"
            )
    ports = assign(("kafka", "controller", "redis"), before=state.ports(), taken=options.api_ports)
    kafka = Kafka(
        data=state.root / "kafka",
        port=ports["kafka"],
        controller_port=ports["controller"],
        runtime=kafka_runtime(cache_folder(), say=say),
    )
    valkey = Valkey(data=state.root / "redis", port=ports["redis"])
    kafka.prepare()
    valkey.prepare()
    state.keep_ports(ports)
    return valkey, kafka


def _live(
    supervisor: Supervisor,
    *,
    options: Options,
    servers: tuple[Valkey, Kafka],
    tell_ready: Callable[[str], None],
) -> None:
    try:
        with suppress(StopAsked):
            _bring_up(supervisor, options=options, servers=servers)
            tell_ready(options.url)
            supervisor.watch()
    finally:
        supervisor.stop()


def _bring_up(supervisor: Supervisor, *, options: Options, servers: tuple[Valkey, Kafka]) -> None:
    valkey, kafka = servers
    supervisor.start([_server(options.state, name="redis", server=valkey)])
    # The others wait for Kafka by themselves, and Python's start takes as long as Kafka's.
    started_at = time.time()
    supervisor.start(
        [_server(options.state, name="kafka", server=kafka)],
        [_scheduler(options, number=n) for n in range(1, options.schedulers + 1)],
        [_worker(options, number=n, since=started_at) for n in range(1, options.workers + 1)],
    )


def _server(state: StateFolder, *, name: str, server: Kafka | Valkey) -> Part:
    program = Program(
        name=name,
        command=server.command(),
        environment=java_environment(),
        folder=server.data,
        log=state.log(name),
        pid_file=state.pid_file(name),
    )
    return Part(program=program, ready=server.ready, stop_seconds=_SERVER_STOP_SECONDS)


def _scheduler(options: Options, *, number: int) -> Part:
    port = options.api_ports[number - 1]
    command = module_command("app", f"--server.port={port}", *options.state.address_settings())
    return Part(
        program=_python(options, name=f"scheduler-{number}", command=command),
        ready=partial(probes.http_ready, port),
        stop_seconds=_SCHEDULER_STOP_SECONDS,
    )


def _worker(options: Options, *, number: int, since: float) -> Part:
    name = f"worker-{number}"
    command = worker_command(options.state, name=name, slots=options.slots, work_dir=options.work_dir)
    return Part(
        program=_python(options, name=name, command=command),
        ready=lambda: _is_listed(name, nodes=probes.live_nodes(options.port, since=since)),
        stop_seconds=_WORKER_STOP_SECONDS,
    )


def _is_listed(name: str, *, nodes: Iterable[str]) -> bool:
    """Whether one of these ids is this name with an incarnation: `worker-1` is not `worker-10`."""
    return any(re.match(rf"{re.escape(name)}(?!\w)", node) for node in nodes)


def _python(options: Options, *, name: str, command: tuple[str, ...]) -> Program:
    return Program(
        name=name,
        command=command,
        environment=module_environment(more={"TMPDIR": str(options.state.scratch)}),
        folder=options.work_dir,
        log=options.state.log(name),
        pid_file=options.state.pid_file(name),
    )
