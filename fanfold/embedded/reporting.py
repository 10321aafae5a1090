"""What the supervisor tells: lines for its user, and for a caller that waits until it is ready."""

import os
from contextlib import suppress
from typing import TextIO

from fanfold.embedded.errors import EmbeddedError


class Reporter:
    """Writes to the user's streams, and to the pipe of a waiting caller until that has heard enough.

    A stream that nobody reads any more is no reason to fail: the system goes on.
    """

    def __init__(self, *, out: TextIO, err: TextIO, pipe: int | None = None) -> None:
        if pipe is not None:
            os.set_inheritable(pipe, False)  # noqa: FBT003 - positional only
        self._out = out
        self._err = err
        self._pipe = pipe

    def say(self, text: str) -> None:
        """Something that happened."""
        _print(f"fanfold: {text}", to=self._err)
        self._tell(f"say {text}")

    def ready(self, url: str) -> None:
        """The system takes tasks; the caller hears nothing after this."""
        _print(f"ready {url}", to=self._out)
        self._tell(f"ready {url}")
        self._hang_up()

    def failed(self, error: EmbeddedError) -> None:
        """It will not come up; the caller hears nothing after this."""
        self._tell(f"failed {error.exit_status} {error}")
        self._hang_up()

    def _tell(self, line: str) -> None:
        if self._pipe is not None:
            with suppress(BrokenPipeError):
                os.write(self._pipe, line.replace("\n", " ").encode() + b"\n")

    def _hang_up(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


def _print(line: str, *, to: TextIO) -> None:
    with suppress(OSError, ValueError):
        print(line, file=to, flush=True)
