"""Children that die with their parent: the kernel ends them, and they lead a process group of their own.

Run as a script, this puts itself on the leash of the process whose number it is given and becomes the
command that follows. A function between fork and exec would do the same, but not in a process with threads.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

_PR_SET_PDEATHSIG = 1


def leashed(command: Sequence[str]) -> tuple[str, ...]:
    """The command as a child of this process that the kernel kills when the thread that started it ends.

    So start it from a thread that lives as long as the process: the main one. What such a child forks
    itself is not covered: it leashes its own children, or they die with its group (`end_group`).
    """
    if sys.platform != "linux":
        return tuple(command)
    return (sys.executable, "-I", "-S", __file__, str(os.getpid()), *command)


def end_group(group: int, *, by: signal.Signals = signal.SIGKILL) -> None:
    """End what is left of a process group, if anything is; SIGKILL leaves it no choice."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, by)


def _become(command: Sequence[str], *, parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that wanted this has ended")
    try:
        os.execvp(command[0], list(command))  # noqa: S606 - no shell is meant
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    _become(sys.argv[2:], parent=int(sys.argv[1]))
