"""A command on a terminal of its own: what it shows is read, and keys are typed to it."""

import os
import pty
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.servers import wait_until


class PseudoTerminal:
    """One command that has this as its controlling terminal, as in a user's window."""

    def __init__(self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> None:
        self._shown = b""
        self._screen, side = pty.openpty()
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *command], cwd=folder, env=environment, stdin=side, stdout=side, stderr=side
        )
        os.close(side)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def text(self) -> str:
        """All that has been shown."""
        return self._shown.decode(errors="replace")

    def await_text(self, text: str, *, seconds: float) -> None:
        wait_until(lambda: text in self.text or self.status() is not None, seconds=seconds, state=self._state)
        assert text in self.text, self._state()

    def type(self, keys: bytes) -> None:
        os.write(self._screen, keys)

    def status(self) -> int | None:
        """The command's exit status; None while it runs."""
        return self._process.poll()

    def await_end(self, *, seconds: float) -> int | None:
        """Its exit status when it has ended."""
        wait_until(lambda: self.status() is not None, seconds=seconds, state=self._state)
        return self.status()

    def close(self) -> None:
        """End the command, if need be, and take the terminal away."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        os.close(self._screen)

    def _state(self) -> object:
        return self.status(), self.text

    def _read(self) -> None:
        # Linux answers an error, not an end, when nobody holds the other side any more.
        with suppress(OSError):
            while data := os.read(self._screen, 65536):
                self._shown += data
