"""python -m app: one scheduler. Its API and its consumers are processes of their own and end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event, Thread
from types import FrameType

from app.controllers.server import PortInUse, serve
from app.errors import BusUnavailable, SettingsError
from app.messaging.topics import topics_of
from app.settings import EXIT_STATUS, Settings, exit_with, load_settings
from app.support.logs import configure_logs, get_logger
from app.support.processes import die_with_parent
from app.wiring import api_application, wire_consumers

PARTS = ("api", "consumers")
PARENT = "FANFOLD_PARENT_PID"
STOP_SECONDS = 20.0
TOPICS_SECONDS = 10.0

log = get_logger("app")


def main(argv: Sequence[str]) -> int:
    """`argv`: settings as `--key=value`, after the part where only one is to run."""
    part = argv[0] if argv and argv[0] in PARTS else None
    if PARENT in os.environ:
        die_with_parent(int(os.environ.pop(PARENT)))
    try:
        settings = load_settings(argv[1:] if part else argv)
    except SettingsError as error:
        exit_with(error)
    configure_logs(
        level=settings.fanfold.log.level, form=settings.fanfold.log.format, process=part or "scheduler"
    )
    if part == "api":
        return _api(settings)
    if part == "consumers":
        return _consume(settings)
    return _both(argv)


def _api(settings: Settings) -> int:
    try:
        return serve(settings, load=partial(api_application, settings))
    except PortInUse as error:
        print(f"fanfold: {error.detail}; {error.hint}", file=sys.stderr)
        return EXIT_STATUS


def _consume(settings: Settings) -> int:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    consumers = wire_consumers(settings)
    while not stop.is_set():
        try:
            consumers.outside.admin.ensure(topics_of(settings), timeout_seconds=TOPICS_SECONDS)
            break
        except BusUnavailable as error:
            log.warning("topics_not_made", reason=error.detail)
            stop.wait(1.0)
    broken: list[BaseException] = []

    def guarded(run: Callable[[Event], None]) -> None:
        try:
            run(stop)
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            broken.append(error)
            stop.set()

    runs = [consumers.rounds.run, *(loop.run for loop in consumers.loops)]
    threads = [Thread(target=guarded, args=(run,), daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    stop.wait()
    consumers.rounds.wake()
    for thread in threads:
        thread.join(STOP_SECONDS / 2)
    consumers.outside.publisher.close()
    for fault in broken:
        log.error("consumers_broken", fault=str(fault), kind=type(fault).__name__)
    return 1 if broken else 0


def _both(argv: Sequence[str]) -> int:
    """Starts both parts; when one ends, or SIGTERM comes, ends the other."""
    stop = Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    environment = {**os.environ, PARENT: str(os.getpid())}
    children = [
        subprocess.Popen([sys.executable, "-P", "-m", "app", part, *argv], env=environment) for part in PARTS
    ]
    while not stop.wait(0.1) and all(child.poll() is None for child in children):
        pass
    ended = next((child.returncode for child in children if child.poll() is not None), 0)
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
    return abs(ended) if not stop.is_set() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
