"""Which entry of the result index counts for which items: the newest run's, in item order. Pure."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import msgspec

from app.protocol.decision import Entry

WINDOW = 512
"""Entries that are read at once."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """Items `start` to `stop` have their results where `entry` says, or none where it is None."""

    start: int
    stop: int
    entry: Entry | None


def segments(
    read: Callable[[int, int], Sequence[Entry]], *, start: int, stop: int, window: int = WINDOW
) -> Iterator[Segment]:
    """All items from `start` to `stop` in order. `read` takes a first item and a limit, as the store does."""
    at, limit = start, window
    while at < stop:
        entries = read(at, limit)
        # Of those cut off by the limit, none begins before the last that was read.
        known_to = min(stop, entries[-1].start) if len(entries) == limit else stop
        if known_to <= at:
            limit *= 2
            continue
        yield from newest(entries, start=at, stop=known_to)
        at, limit = known_to, window


def newest(entries: Sequence[Entry], *, start: int, stop: int) -> Iterator[Segment]:
    """`start` to `stop` cut where the entry of the latest run changes; `entries` by first item."""
    edges = {edge for entry in entries for edge in (entry.start, entry.stop) if start < edge < stop}
    open_entries: list[tuple[int, int, Entry]] = []
    following = 0
    for left, right in pairwise((start, *sorted(edges), stop)):
        while following < len(entries) and entries[following].start <= left:
            heapq.heappush(open_entries, (-entries[following].run, following, entries[following]))
            following += 1
        while open_entries and open_entries[0][2].stop <= left:
            heapq.heappop(open_entries)
        yield Segment(start=left, stop=right, entry=open_entries[0][2] if open_entries else None)
