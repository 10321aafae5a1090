"""Cutting streams by one mark that is known beforehand, for slot processes that can keep it from items."""

from collections import deque
from collections.abc import Sequence

from worker.runners.dialect import RECORD_SEPARATOR
from worker.runners.stream import Head, Output


class MarkedSplitter:
    """A Splitter that cuts as soon as it is fed; `cut` hands the outputs out in order.

    With `has_lines` a line follows each mark. Only after those that are answers does a new output
    begin: others (ready, end) come between two items.
    """

    def __init__(self, *, cap_bytes: int, mark: bytes, has_lines: bool) -> None:
        self._head = Head(cap_bytes=cap_bytes)
        self._mark = mark
        self._has_lines = has_lines
        self._in_line = False
        self._held = b""
        self._lines: list[bytes] = []
        self._ended: deque[Output] = deque()

    @property
    def buffered_bytes(self) -> int:
        return len(self._held)

    def feed(self, data: bytes) -> None:
        text, *others = (self._held + data).split(self._mark)
        self._held = b""
        for following in others:
            self._add(text)
            if self._has_lines:
                self._in_line = True
            else:
                self._ended.append(self._head.take())
            text = following
        self._add_open(text)

    def take_lines(self) -> Sequence[bytes]:
        taken, self._lines = self._lines, []
        return taken

    def settle(self) -> None:
        """Nothing to do: whatever has no mark yet is in the head."""

    def cut(self, mark: bytes) -> Output | None:  # noqa: ARG002 - it is known
        return self._ended.popleft() if self._ended else None

    def rest(self) -> Output:
        if not self._in_line:
            self._head.add(self._held)
        self._held = b""
        return self._head.take()

    def _add(self, text: bytes) -> None:
        """Take bytes that are followed by a mark."""
        if self._in_line:
            line, _, text = text.partition(b"\n")
            self._end_line(line)
        if text:
            self._head.add(text)

    def _add_open(self, text: bytes) -> None:
        """Take bytes that end where the last read did: in a line, or within a mark perhaps."""
        if self._in_line:
            line, newline, text = text.partition(b"\n")
            if not newline:
                self._held = line
                return
            self._end_line(line)
        begun = text.rfind(self._mark[:1], max(0, len(text) - len(self._mark) + 1))
        if begun >= 0 and self._mark.startswith(text[begun:]):
            self._held, text = text[begun:], text[:begun]
        if text:
            self._head.add(text)

    def _end_line(self, line: bytes) -> None:
        self._in_line = False
        self._lines.append(line)
        if line[:1] == RECORD_SEPARATOR and line[1:2].isdigit():
            self._ended.append(self._head.take())
