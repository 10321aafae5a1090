"""One process of the system: started with a log and a pid file, leashed to its parent, stopped in order."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fanfold.embedded.leash import end_group, leashed
from fanfold.embedded.warden import Warden

_LOG_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run under a name: command line, environment, folder, and where its log and pid file go."""

    name: str
    command: tuple[str, ...]
    folder: Path
    log: Path
    pid_file: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


class Process:
    """A started program. Ask, wait and stop from the thread that started it."""

    def __init__(self, program: Program, *, warden: Warden | None = None) -> None:
        """Start it, in a session of its own; the warden, if any, is told of its process group.

        Raises:
            OSError: it could not be started, or log or pid file not written.
        """
        self.program = program
        self.started_at = time.monotonic()
        self._warden = warden
        program.log.parent.mkdir(parents=True, exist_ok=True)
        program.pid_file.parent.mkdir(parents=True, exist_ok=True)
        _turn_over(program.log)
        with program.log.open("ab") as log:
            self._popen = subprocess.Popen(
                leashed(program.command),
                cwd=program.folder,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if warden is not None:
            warden.watch(self.pid)
        try:
            program.pid_file.write_text(f"{self.pid}\n", encoding="ascii")
        except OSError:
            self.end()
            raise

    @property
    def pid(self) -> int:
        return self._popen.pid

    def exit_status(self) -> int | None:
        """None while it runs; else its exit status, negative for a signal. Its leftovers are ended then."""
        status = self._popen.poll()
        if status is not None:
            self._clear()
        return status

    def ask_to_stop(self) -> None:
        """Send SIGTERM; does not wait."""
        self._popen.terminate()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within this time; its leftovers are ended then."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._clear()
        return True

    def end(self) -> None:
        """Kill it and its process group at once, and wait until it is gone."""
        end_group(self.pid)
        self._popen.kill()
        self._popen.wait()
        self._clear()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self._popen.send_signal(number)

    def _clear(self) -> None:
        end_group(self.pid)
        if self._warden is not None:
            self._warden.forget(self.pid)
        self.program.pid_file.unlink(missing_ok=True)


def last_line(log: Path) -> str:
    """The last line of a log that is neither blank nor indented (a stack trace); empty if there is none."""
    with suppress(OSError), log.open("rb") as handle:
        handle.seek(max(0, log.stat().st_size - 64 * 1024))
        lines = handle.read().decode("utf-8", "replace").split("\n")
        return next((line.rstrip() for line in reversed(lines) if line.strip() and not line[0].isspace()), "")
    return ""


def _turn_over(log: Path) -> None:
    """Keep one old log beside a new one, so that restarts for years do not fill the disk."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_BYTES:
            log.rename(log.with_name(f"{log.name}.1"))
