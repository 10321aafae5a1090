"""Running the `fanfold` command, within the test's process or as one of its own."""

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from fanfold.cli import main

ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, "-m", "fanfold")


@dataclass(frozen=True)
class Ended:
    """What a command left."""

    status: int
    stdout: bytes
    stderr: str


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """The command with its environment; `url` is where its service is.

    Compiled modules are kept in `bytecode`, as an installed Python keeps them beside the sources.
    """

    url: str
    bytecode: Path

    def __call__(self, *arguments: str, stdin: bytes = b"", **environment: str) -> Ended:
        """Run it here, which spares the start of an interpreter."""
        out, err = _text(), _text()
        with (
            patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
            patch.dict(os.environ, {"FANFOLD_URL": self.url} | environment),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                main(arguments)
            except SystemExit as ended:
                status = ended.code
        assert isinstance(status, int)
        return Ended(status, _written(out), _written(err).decode())

    def environment(self, **more: str) -> dict[str, str]:
        """What a process of its own sees."""
        unusual = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "NO_COLOR", "TERM")
        usual = {name: value for name, value in os.environ.items() if name not in unusual}
        ours = {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(self.bytecode), "FANFOLD_URL": self.url}
        return usual | ours | more

    def start(self, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
        """A process of its own, both of its outputs piped."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(),
        )


def _text() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    stream.seek(0)
    return bytes(stream.buffer.read())
