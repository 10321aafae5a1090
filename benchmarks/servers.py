"""Servers that run beside a comparison: started, awaited, and stopped with all their kin."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from fanfold.embedded.process import Process, Program, last_line

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02


@contextmanager
def running_server(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    ready: Callable[[], bool] = lambda: True,
    environment: Mapping[str, str] | None = None,
    work_dir: Path | None = None,
) -> Iterator[Process]:
    """Start it with its log in `folder`, in which it runs unless told otherwise. Raises RuntimeError."""
    program = Program(
        name=name,
        command=tuple(command),
        folder=work_dir or folder,
        log=folder / f"{name}.log",
        pid_file=folder / f"{name}.pid",
        environment=os.environ | dict(environment or {}),
    )
    process = Process(program)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if process.exit_status() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not come up: {last_line(program.log)}")
            time.sleep(_POLL_SECONDS)
        yield process
    finally:
        process.ask_to_stop()
        process.wait(_STOP_SECONDS)
        process.end()
