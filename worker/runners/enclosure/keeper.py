"""The first process of an enclosure: it starts the slot process, reaps orphans, ends with it."""

import contextlib
import fcntl
import os
import select
import signal
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, NoReturn

from worker.runners.enclosure import syscalls

_NOT_STARTED = 125

KEEPER_PLACEHOLDER = "{keeper}"
"""In an argument of a slot process, replaced by the number of its keeper."""
_CLEAR_OF_DESCRIPTORS = 16


class Wanted(NamedTuple):
    """A slot process to start; `adopting` makes it the parent of the orphans its items leave."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    directory: str
    adopting: bool


def keep(
    wanted: Wanted, *, descriptors: Mapping[int, int], life: int, status: int, namespaced: bool
) -> NoReturn:
    """Run one slot process to its end inside the forked child of the zygote; never returns.

    `descriptors` maps numbers of the slot process to those here; of 0 to 2 the others are /dev/null.
    `life` is readable once the zygote has ended. To `status` go `leader PID` (outside a namespace),
    and `failed REASON` or `ended CODE`.
    """
    try:
        _reset_signals()
        life, status = _place(descriptors, keeping=(life, status))
        syscalls.die_with_parent(signal.SIGKILL)
        if not select.select([life], [], [], 0)[0]:
            os.close(life)
            syscalls.adopt_orphans()
            run = _run_in_namespace if namespaced else _run_behind_decoy
            run(wanted, descriptors=descriptors, status=status)
    except OSError as error:
        _complain(status, error)
    finally:
        os._exit(0)


def _run_in_namespace(wanted: Wanted, *, descriptors: Iterable[int], status: int) -> None:
    """As process 1 of the namespace: items cannot hurt it, and nothing of it lives on without it."""
    _enter_namespace()
    if wanted.adopting:
        slot = os.fork()
        if slot == 0:
            _become(wanted, keeper=1, status=status, dying_with_parent=True)
    else:
        slot = _spawn(wanted, keeper=1)
    _close(descriptors)
    _tell(status, "ended", _reap_until(slot))


def _run_behind_decoy(wanted: Wanted, *, descriptors: Iterable[int], status: int) -> None:
    """As the adopter of orphans, with a process between, which falls to `kill -9 $PPID` in our place."""
    heard, told = os.pipe()
    keeper = os.getpid()
    decoy = os.fork()
    if decoy == 0:
        slot = os.fork()
        if slot == 0:
            _become(wanted, keeper=keeper, status=status, dying_with_parent=False)
        os.write(told, b"%d" % slot)
        os.close(told)
        _close(descriptors)
        _tell(status, "ended", _reap_until(slot))
        return
    os.close(told)
    _close(descriptors)
    slot = int(os.read(heard, 32))
    _tell(status, "leader", slot)
    if _reap_until(decoy) != 0:
        _tell(status, "ended", _reap_until(slot))


def _reset_signals() -> None:
    """Undo what Python and the zygote did; handlers end with exec, what is ignored would stay so."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


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
    for each in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208 - what a path costs is a third of a start
        if each > 2 and each not in moved and each not in kept:
            with contextlib.suppress(OSError):
                os.close(each)
    return kept


def _enter_namespace() -> None:
    outer = int(os.readlink("/proc/self"))  # noqa: PTH115 - see above
    syscalls.mount_own_proc()
    # `$$` names temporary files in many a script: with the keeper's own number outside it is as
    # unique on the machine as it always was, where 2 in every slot would make them collide.
    with contextlib.suppress(OSError):
        descriptor = os.open("/proc/sys/kernel/ns_last_pid", os.O_WRONLY)
        os.write(descriptor, b"%d" % (outer - 1))
        os.close(descriptor)


def _spawn(wanted: Wanted, *, keeper: int) -> int:
    """The slot process, without a copy of this one, which would cost as much as the shell itself.

    It dies with process 1 of its namespace, so there is no signal to ask for.
    """
    os.chdir(wanted.directory)
    return os.posix_spawn(wanted.argv[0], _argv(wanted, keeper=keeper), dict(wanted.environment), setsid=True)


def _argv(wanted: Wanted, *, keeper: int) -> list[str]:
    return [each.replace(KEEPER_PLACEHOLDER, str(keeper)) for each in wanted.argv]


def _become(wanted: Wanted, *, keeper: int, status: int, dying_with_parent: bool) -> NoReturn:
    argv = _argv(wanted, keeper=keeper)
    try:
        os.setsid()
        if wanted.adopting:
            syscalls.adopt_orphans()
        if dying_with_parent:
            syscalls.die_with_parent(signal.SIGKILL)
        os.chdir(wanted.directory)
        os.execve(argv[0], argv, dict(wanted.environment))  # noqa: S606 - that is the purpose
    except OSError as error:
        _complain(status, error)
    finally:
        os._exit(_NOT_STARTED)


def _close(descriptors: Iterable[int]) -> None:
    """Give up what is the slot process's: a pipe shows its end only when nobody else holds it."""
    os.closerange(0, max(2, *descriptors) + 1)


def _reap_until(awaited: int) -> int:
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == awaited:
            return os.waitstatus_to_exitcode(status)


def _tell(status: int, word: str, number: int) -> None:
    with contextlib.suppress(OSError):
        os.write(status, f"{word} {number}\n".encode())


def _complain(status: int, error: OSError) -> None:
    with contextlib.suppress(OSError):
        os.write(status, f"failed {error}\n".encode())
