"""What a slot process for python functions asks of the system about itself; imports nothing of the worker.

Some of it is asked of libc directly once so many items have run that it pays: the library for that takes
as long to load as a thousand items that do nothing.
"""
# Without `pathlib` and `typing` a slot process starts in three quarters of the time.
# ruff: noqa: PTH123, PTH208

import functools
import mmap
import os
import signal
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ITEMS_BEFORE_LIBC = 3_000
_INDEX_VARIABLE_BYTES = 48
_IF_ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT
_WIPE_ON_FORK = 18


class Process:
    """Its environment and its children.

    `is_itself` is false in a fork of it, however that was made; `is_childless` where it has children, dead
    or alive.
    """

    def __init__(self) -> None:
        self.is_itself = _look_at_self()
        self.is_childless: Callable[[], object] = _look_for_children
        self._left = _ITEMS_BEFORE_LIBC
        self._variable: Any = None

    def tell(self, index: int) -> None:
        """FANFOLD_ITEM_INDEX in the environment. libc never frees what a variable was, 80 bytes an item.

        So from some item on the variable is a piece of memory that is written to.
        """
        text = b"%d" % index
        if self._variable is None:
            os.environ["FANFOLD_ITEM_INDEX"] = text.decode()
            self._left -= 1
            if not self._left:
                self._load_libc()
            return
        self._variable.value = b"FANFOLD_ITEM_INDEX=" + text
        try:
            os.environ._data[b"FANFOLD_ITEM_INDEX"] = text  # type: ignore[attr-defined]  # noqa: SLF001
        except AttributeError:  # the function has put something of its own there
            os.environ["FANFOLD_ITEM_INDEX"] = text.decode()

    def kill_children(self) -> None:
        """Kill all that the item left; orphans become our children, so the loop ends when none is left."""
        while True:
            for thread in os.listdir("/proc/self/task"):
                with open(f"/proc/self/task/{thread}/children") as children:
                    for pid in children.read().split():
                        os.kill(int(pid), signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def _load_libc(self) -> None:
        import ctypes

        libc = ctypes.PyDLL(None)
        self._variable = ctypes.create_string_buffer(b"FANFOLD_ITEM_INDEX=", _INDEX_VARIABLE_BYTES)
        libc.putenv(self._variable)
        # It returns -1 where there are none. To raise an error takes longer than to ask.
        self.is_childless = functools.partial(libc.waitid, os.P_ALL, 0, None, _IF_ENDED)


def _look_for_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, _IF_ENDED)
    except ChildProcessError:
        return True
    return False


def _look_at_self() -> Callable[[], object]:
    own = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    own[0] = 1
    pid = os.getpid()
    try:
        own.madvise(_WIPE_ON_FORK)
    except OSError:
        return lambda: os.getpid() == pid
    return functools.partial(own.__getitem__, 0)
