"""A small process beside the supervisor that, when that dies, ends the process groups it had started.

The kernel ends the supervisor's children with it (see `leash`), but not what those have forked. Run as a
script, this is the warden itself: each line of its input names a group, with a minus one to forget.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress


class Warden:
    """The supervisor's end. Losing the warden is no fault: it is a second net under the first."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-I", "-S", __file__),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """End this group when the supervisor dies."""
        self._tell(group)

    def forget(self, group: int) -> None:
        """This group has ended."""
        self._tell(-group)

    def dismiss(self) -> None:
        """End what is still watched, and the warden."""
        with suppress(BrokenPipeError):
            self._process.communicate()

    def _tell(self, number: int) -> None:
        stdin = self._process.stdin
        with suppress(BrokenPipeError):
            if stdin is not None:
                stdin.write(b"%d\n" % number)
                stdin.flush()


def _guard(lines: Iterable[bytes]) -> None:
    groups: set[int] = set()
    for line in lines:
        number = int(line)
        if number > 0:
            groups.add(number)
        else:
            groups.discard(-number)
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    _guard(sys.stdin.buffer)
