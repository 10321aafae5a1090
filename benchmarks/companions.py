"""Helper processes that do work when asked, so that their start is not in what is measured."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from benchmarks.installing import ROOT
from fanfold.embedded.leash import end_group, leashed
from fanfold.embedded.process import last_line

_STOP_SECONDS = 10.0


class Companion:
    """A program that answers each line on its stdin with a line of JSON (see `peers.answering`)."""

    def __init__(self, popen: "subprocess.Popen[str]", *, name: str, log: Path) -> None:
        self._popen = popen
        self._name = name
        self._log = log

    def ask(self, what: str, count: int) -> object:
        """Have it done so many times; blocks. Raises RuntimeError when the companion has ended."""
        self.begin(what, count)
        return self.answer()

    def begin(self, what: str, count: int) -> None:
        """Ask, and come back at once."""
        _pipe(self._popen.stdin).write(f"{what} {count}\n")
        _pipe(self._popen.stdin).flush()

    def answer(self) -> object:
        """The answer to the oldest question that has none yet."""
        line = _pipe(self._popen.stdout).readline()
        if not line:
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(_STOP_SECONDS)
            raise RuntimeError(f"{self._name} has ended: {last_line(self._log)}")
        answer: object = json.loads(line)
        return answer


@contextmanager
def companion(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Companion]:
    """Start one (Python, -m, its module, …) and wait until it is ready; ends it and its kin."""
    name = command[2].rpartition(".")[2]
    log = folder / f"{name}-{os.urandom(4).hex()}.log"
    with log.open("wb") as errors:
        popen = subprocess.Popen(
            leashed(command),
            cwd=ROOT,
            env=os.environ | dict(environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    started = Companion(popen, name=name, log=log)
    try:
        started.answer()
        yield started
    finally:
        with suppress(BrokenPipeError):
            _pipe(popen.stdin).close()
        with suppress(subprocess.TimeoutExpired):
            popen.wait(_STOP_SECONDS)
        end_group(popen.pid, by=signal.SIGKILL)
        popen.wait()
        _pipe(popen.stdout).close()


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
