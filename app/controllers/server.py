"""The process that serves the API: granian's parent, and in it the one worker that has the application.

Three things granian leaves to us: its worker would outlive a killed parent and hold the port, is not told of
SIGTERM, and would share a port that is in use with whoever uses it.
"""

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from ctypes import c_byte
from dataclasses import dataclass
from types import FrameType
from typing import ClassVar, Protocol

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import MPServer

from app.errors import FanfoldError
from app.settings import Settings
from app.support.logs import configure_logs
from app.support.processes import die_with_parent

DRAIN_SECONDS = 1.0
"""How long readiness says DRAINING before the port is closed; waits and streams hear of it at once."""
KILL_SECONDS = 15
MOST_HEADER_BYTES = 16 << 10

Application = Callable[..., object]
LoadApplication = Callable[[Callable[[], bool]], Application]


class PortInUse(FanfoldError):
    """The address to listen on is taken, or not this machine's: choose another server.port or address."""

    code: ClassVar[str] = "port-in-use"
    title = "The port cannot be used"


class _Flag(Protocol):
    value: int


@dataclass(frozen=True, kw_only=True)
class _Worker:
    """What granian's worker begins with, in its own process. It must bear being pickled."""

    load: LoadApplication
    stopping: _Flag
    parent_pid: int
    settings: Settings

    def __call__(self) -> Application:
        die_with_parent(self.parent_pid)
        # granian hands its environment to every request, where HTTP_HOST would stand for a header.
        for name in [name for name in os.environ if name.startswith(("HTTP_", "CONTENT_"))]:
            del os.environ[name]
        log = self.settings.fanfold.log
        configure_logs(level=log.level, form=log.format, process="api")
        return self.load(lambda: bool(self.stopping.value))


def serve(settings: Settings, *, load: LoadApplication) -> int:
    """Serves until SIGTERM or SIGINT; the exit status. Raises PortInUse.

    `load` makes the application in the worker, given whether the process is stopping; it must be
    picklable. To be called in the main thread.
    """
    address = _free_address(settings.server.address, settings.server.port)
    stopping: _Flag = multiprocessing.get_context("spawn").RawValue(c_byte, 0)
    server = _server(settings, address=address)
    server.on_startup(lambda: _on_signals(server, stopping))
    worker = _Worker(load=load, stopping=stopping, parent_pid=os.getpid(), settings=settings)
    try:
        server.serve(target_loader=worker, wrap_loader=False)
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else 1
    return 0


def _server(settings: Settings, *, address: str) -> MPServer:
    quiet = {"level": "ERROR", "handlers": [], "propagate": True}
    return MPServer(
        "app",
        address=address,
        port=settings.server.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=settings.fanfold.http.threads,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=MOST_HEADER_BYTES),
        websockets=False,
        workers_kill_timeout=KILL_SECONDS,
        log_level=LogLevels.error,
        log_dictconfig={"loggers": {"_granian": quiet, "granian.access": quiet}},
    )


def _on_signals(server: MPServer, stopping: _Flag) -> None:
    """Tells the worker first, and stops the server when readiness had time to say so."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if stopping.value:
            server.signal_handler_interrupt()  # type: ignore[no-untyped-call]  # granian leaves it bare
            return
        stopping.value = 1
        timer = threading.Timer(DRAIN_SECONDS, server.signal_handler_interrupt)
        timer.daemon = True
        timer.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _free_address(host: str, port: int) -> str:
    """The IP address of `host`, where nobody listens on `port`."""
    try:
        family, kind, _, _, place = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
            trial.listen()
    except OSError as error:
        raise PortInUse(
            f"cannot listen on {host}:{port}: {error.strerror or error}", hint="choose another server.port"
        ) from error
    return str(place[0])
