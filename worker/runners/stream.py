"""Cutting one captured stream into the outputs of the items that wrote it, each kept up to a cap."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Output(NamedTuple):
    """What one item wrote: the first bytes of it, and whether there was more."""

    kept: bytes
    truncated: bool


NOTHING = Output(kept=b"", truncated=False)


class Head:
    """The output of one item while it is written: the first bytes are kept, the others only noted."""

    def __init__(self, *, cap_bytes: int) -> None:
        self._cap = cap_bytes
        self._kept = bytearray()
        self._truncated = False

    def add(self, data: bytes) -> None:
        """The item has written more."""
        room = self._cap - len(self._kept)
        self._kept += data[:room]
        if len(data) > room:
            self._truncated = True

    def take(self) -> Output:
        """The item has ended: its output. The next one begins with none."""
        if not self._kept and not self._truncated:
            return NOTHING
        taken = Output(kept=bytes(self._kept), truncated=self._truncated)
        self._kept.clear()
        self._truncated = False
        return taken


class Splitter(Protocol):
    """Holds at most the cap and little more, however much is written."""

    @property
    def buffered_bytes(self) -> int:
        """What is fed and belongs to no item yet."""
        ...

    def feed(self, data: bytes) -> None:
        """Take what was read. `settle` or `cut` must follow before the next is fed."""
        ...

    def take_lines(self) -> Sequence[bytes]:
        """Lines of the slot process, not of items, that came with the stream."""
        ...

    def settle(self) -> None:
        """No mark is under way: what is buffered was written by the running item."""
        ...

    def cut(self, mark: bytes) -> Output | None:
        """The output of the next item, which ends at `mark`; None while the mark has not arrived."""
        ...

    def rest(self) -> Output:
        """All that was written since the last mark, by an item that has no mark."""
        ...


class ToldSplitter:
    """A Splitter for marks that are drawn when an item is dead, and told before they are written.

    So no item can have written its mark, and all that is fed before a mark is known to be under way
    belongs to the running item.
    """

    def __init__(self, *, cap_bytes: int) -> None:
        self._head = Head(cap_bytes=cap_bytes)
        self._buffer = b""
        self._position = 0

    @property
    def buffered_bytes(self) -> int:
        return len(self._buffer) - self._position

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer[self._position :] + data
        self._position = 0

    def take_lines(self) -> Sequence[bytes]:
        return ()

    def settle(self) -> None:
        if self._position < len(self._buffer):
            self._absorb(len(self._buffer))

    def cut(self, mark: bytes) -> Output | None:
        at = self._buffer.find(mark, self._position)
        if at < 0:
            self._absorb(max(self._position, len(self._buffer) - len(mark) + 1))
            return None
        if at > self._position:
            self._absorb(at)
        self._position = at + len(mark)
        return self._head.take()

    def rest(self) -> Output:
        self._absorb(len(self._buffer))
        return self._head.take()

    def _absorb(self, end: int) -> None:
        if end > self._position:
            self._head.add(self._buffer[self._position : end])
            self._position = end
