"""python -m app: one scheduler. Its API and its consumers are processes of their own and end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from threading import Event
from types import FrameType

from app.errors import SettingsError
from app.settings import Settings, exit_with, load_settings
from app.support.logs import configure_logs, get_logger
from app.support.processes import die_with_parent

PARTS = ("api", "consumers")
PARENT = "FANFOLD_PARENT_PID"
STOP_SECONDS = 20.0

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
    if part is None:
        return _both(argv)
    # Each part loads only what it needs: the parent starts in a fraction of the time.
    run: Callable[[Settings], int] = import_module(f"app.{part}_process").run
    return run(settings)


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
