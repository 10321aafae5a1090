"""Bitmaps as Redis keeps them, the first item in the highest bit of the first byte, as spans."""

import re

from app.models.ranges import Spans, spans_of

_SET = re.compile(rb"\xff+|[^\x00\xff]")


def _runs(byte: int) -> tuple[tuple[int, int], ...]:
    return spans_of((bit, bit + 1) for bit in range(8) if byte & (128 >> bit))


_RUNS_OF_BYTE = tuple(_runs(byte) for byte in range(256))


def spans_in(window: bytes, *, first: int) -> Spans:
    """The items whose bits are set in `window`, whose first bit stands for the item `first`."""
    found: list[tuple[int, int]] = []
    for match in _SET.finditer(window):
        at = first + match.start() * 8
        if window[match.start()] == 255:
            found.append((at, first + match.end() * 8))
        else:
            found += ((at + start, at + stop) for start, stop in _RUNS_OF_BYTE[window[match.start()]])
    return spans_of(found)
