"""Cutting one captured stream into the outputs of the items that wrote it, each kept up to a cap."""

from typing import NamedTuple


class Output(NamedTuple):
    """What one item wrote: the first bytes of it, and whether there was more."""

    kept: bytes
    truncated: bool


_NOTHING = Output(kept=b"", truncated=False)


class Splitter:
    """Holds at most the cap and one read, however much is written.

    Between two items the slot process writes a mark: random, drawn when the item's processes are
    dead, told on the control pipe before it is written. So no item can have written it. All that is
    fed before a mark is known to be under way belongs to the running item.
    """

    def __init__(self, *, cap_bytes: int) -> None:
        self._cap = cap_bytes
        self._buffer = b""
        self._position = 0
        self._head = bytearray()
        self._truncated = False

    @property
    def buffered_bytes(self) -> int:
        """What is fed and belongs to no item yet."""
        return len(self._buffer) - self._position

    def feed(self, data: bytes) -> None:
        """Take what was read. `settle` or `cut` must follow before the next is fed, or memory grows."""
        self._buffer = self._buffer[self._position :] + data
        self._position = 0

    def settle(self) -> None:
        """No mark is under way: what is buffered was written by the running item."""
        if self._position < len(self._buffer):
            self._absorb(len(self._buffer))

    def cut(self, mark: bytes) -> Output | None:
        """The output up to `mark`, or None while the mark has not arrived."""
        at = self._buffer.find(mark, self._position)
        if at < 0:
            self._absorb(max(self._position, len(self._buffer) - len(mark) + 1))
            return None
        if at == self._position and not self._head:
            self._position = at + len(mark)
            return _NOTHING
        self._absorb(at)
        self._position = at + len(mark)
        return self._take()

    def rest(self) -> Output:
        """All that was written since the last mark, by an item that has no mark."""
        self._absorb(len(self._buffer))
        return self._take()

    def _absorb(self, end: int) -> None:
        room = self._cap - len(self._head)
        self._head += self._buffer[self._position : min(end, self._position + room)]
        if end - self._position > room:
            self._truncated = True
        self._position = end

    def _take(self) -> Output:
        taken = Output(kept=bytes(self._head), truncated=self._truncated)
        self._head.clear()
        self._truncated = False
        return taken
