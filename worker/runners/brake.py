"""What makes a slot process begin no further item: two files, and who wanted it."""

import mmap
import os
import threading
from pathlib import Path

import msgspec


class Kill(msgspec.Struct, frozen=True, kw_only=True):
    """The wish to kill the running item: any, or only the one of this index."""

    index: int | None


class Brake:
    """While the file `halt` exists, and byte 0 of `brake` is 1, no item begins: it is looked at before each.

    (A shell looks for the file; what can map memory is quicker with the byte.) So when the brake has
    been pulled and the answers read after that, the first item without an answer is the only one that
    may be running. Safe for many threads.
    """

    def __init__(self, directory: Path) -> None:
        self._path = str(directory / "halt")
        with (directory / "brake").open("x+b") as file:
            file.write(b"\0")
            file.flush()
            self._byte = mmap.mmap(file.fileno(), 1)
        self._lock = threading.Lock()
        self._stopping = False
        self._kill: Kill | None = None
        self._pulled = False

    @property
    def is_stopping(self) -> bool:
        """Whether somebody wants this run, or the next, to end."""
        return self._stopping

    @property
    def kill_wanted(self) -> Kill | None:
        """Whom somebody wants dead."""
        return self._kill

    def stop(self, *, kill: Kill | None = None) -> None:
        """End the run that is in progress, or else the next one."""
        with self._lock:
            try:
                self._pull()  # first: who sees that the run stops counts on it that nothing more begins
            finally:
                self._kill = kill or self._kill
                self._stopping = True

    def hold(self) -> None:
        """Begin no further item of this batch."""
        with self._lock:
            self._pull()

    def release(self) -> None:
        """A batch may begin, unless somebody wants to stop."""
        with self._lock:
            if not self._stopping:
                self._free()

    def reset(self) -> None:
        """A run has ended: what was wanted of it is done."""
        with self._lock:
            self._stopping = False
            self._kill = None
            self._free()

    def close(self) -> None:
        """Give the memory back; nothing can be stopped afterwards. May be called twice."""
        with self._lock:
            self._pulled = True
            self._byte.close()

    def _pull(self) -> None:
        if not self._pulled:
            self._byte[0] = 1
            os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            self._pulled = True

    def _free(self) -> None:
        if self._pulled and not self._byte.closed:
            self._byte[0] = 0
            os.unlink(self._path)  # noqa: PTH108 - a plain call, between every two batches
            self._pulled = False
