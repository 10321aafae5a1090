"""The Linux calls that Python 3.11 has no name for."""

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_MS_NOSUID = 0x2
_MS_NODEV = 0x4
_MS_NOEXEC = 0x8
_MS_REC = 0x4000
_MS_SLAVE = 0x80000


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` name; raises OSError without the right to."""
    _check(_libc().unshare(flags), what="unshare")


def join_namespace(descriptor: int, *, kind: int) -> None:
    """Enter (for future children, if `kind` is CLONE_NEWPID) the namespace behind a descriptor."""
    _check(_libc().setns(descriptor, kind), what="setns")


def mount_own_proc() -> None:
    """Mount a /proc of this pid namespace that nobody outside sees; raises OSError without the right to."""
    unshare(CLONE_NEWNS)
    libc = _libc()
    _check(libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_SLAVE), None), what="mount /")
    flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    _check(libc.mount(b"proc", b"/proc", b"proc", flags, None), what="mount /proc")


def die_with_parent(signal_number: int) -> None:
    """Ask for a signal when the thread that forked this process ends."""
    _check(_libc().prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), what="prctl")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends; kept over exec, not over fork."""
    _check(_libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), what="prctl")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, *, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
