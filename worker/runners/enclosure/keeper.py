"""The first process of an enclosure: it starts the slot process, reaps orphans, ends with it."""

import contextlib
import fcntl
import os
import select
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from worker.runners.enclosure import syscalls

_NOT_STARTED = 125
_CLEAR_OF_DESCRIPTORS = 16


def keep(
    *,
    argv: Sequence[str],
    environment: Mapping[str, str],
    directory: str,
    descriptors: Mapping[int, int],
    life: int,
    status: int,
    namespaced: bool,
    adopting: bool,
) -> NoReturn:
    """Run one slot process to its end inside the forked child of the zygote; never returns.

    `descriptors` maps numbers of the slot process to those here; of 0 to 2 the others are /dev/null.
    `life` is readable once the zygote has ended; `failed REASON` or `ended CODE` is written to `status`.
    `adopting` makes the slot process itself the parent of its orphans.
    """
    try:
        _reset_signals()
        life, status = _place(descriptors, keeping=(life, status))
        syscalls.die_with_parent(signal.SIGKILL)
        if not select.select([life], [], [], 0)[0]:
            os.close(life)
            syscalls.adopt_orphans()
            if namespaced:
                _enter_namespace()
            slot = os.fork()
            if slot == 0:
                _become(argv, environment, directory=directory, adopting=adopting, status=status)
            os.closerange(0, max(2, *descriptors) + 1)
            os.write(status, b"ended %d\n" % _reap_until(slot))
    except OSError as error:
        _complain(status, error)
    finally:
        os._exit(0)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _place(descriptors: Mapping[int, int], *, keeping: Sequence[int]) -> list[int]:
    """Put descriptors where the slot process wants them, close all others; where those to keep are now."""
    kept = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, _CLEAR_OF_DESCRIPTORS) for each in keeping]
    moved = {
        wanted: fcntl.fcntl(have, fcntl.F_DUPFD, _CLEAR_OF_DESCRIPTORS)
        for wanted, have in descriptors.items()
    }
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    for wanted, have in moved.items():
        os.dup2(have, wanted)
    for each in (int(entry.name) for entry in Path("/proc/self/fd").iterdir()):
        if each > 2 and each not in moved and each not in kept:
            with contextlib.suppress(OSError):
                os.close(each)
    return kept


def _enter_namespace() -> None:
    outer = int(Path("/proc/self").readlink().name)
    syscalls.mount_own_proc()
    # `$$` names temporary files in many a script: with the keeper's own number outside it is as
    # unique on the machine as it always was, where 2 in every slot would make them collide.
    with contextlib.suppress(OSError):
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(outer - 1))


def _become(
    argv: Sequence[str], environment: Mapping[str, str], *, directory: str, adopting: bool, status: int
) -> NoReturn:
    try:
        os.setsid()
        if adopting:
            syscalls.adopt_orphans()
        syscalls.die_with_parent(signal.SIGKILL)
        os.chdir(directory)
        os.execve(argv[0], list(argv), dict(environment))  # noqa: S606 - that is the purpose
    except OSError as error:
        _complain(status, error)
    finally:
        os._exit(_NOT_STARTED)


def _reap_until(slot: int) -> int:
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == slot:
            return os.waitstatus_to_exitcode(status)


def _complain(status: int, error: OSError) -> None:
    with contextlib.suppress(OSError):
        os.write(status, f"failed {error}\n".encode())
