"""Ties the life of a process to that of its parent."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(expected_parent_pid: int, *, by: signal.Signals = signal.SIGKILL) -> None:
    """Has the kernel send `by` to this process when its parent ends, however it ends.

    To be called early in the child, with the process id that its parent gave it: when the parent is
    gone already, the signal comes at once. It holds across `exec`, not for children of this process.
    The kernel means the parent's *thread* that started this process, so that must be one that lasts.
    Linux only; on other systems it does nothing. Raises OSError when the kernel refuses.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(by), 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "prctl")
    # The parent may have ended before the call, which then tells nobody.
    if os.getppid() != expected_parent_pid:
        os.kill(os.getpid(), by)
