"""Sets of item indexes as sorted, disjoint, half-open spans: the only form in which items are counted."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain, starmap

Span = tuple[int, int]
Spans = tuple[Span, ...]

EMPTY: Spans = ()


def spans_of(parts: Iterable[Span]) -> Spans:
    """The union of `parts`, in order, neighbours joined, empty ones dropped."""
    joined: list[Span] = []
    for start, stop in sorted(part for part in parts if part[0] < part[1]):
        if joined and start <= joined[-1][1]:
            if stop > joined[-1][1]:
                joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return tuple(joined)


def spans_of_indexes(indexes: Iterable[int]) -> Spans:
    """The spans that hold exactly `indexes`."""
    return spans_of((index, index + 1) for index in indexes)


def size(spans: Spans) -> int:
    """How many items `spans` holds."""
    count = 0
    for start, stop in spans:
        count += stop - start
    return count


def intersect(left: Spans, right: Spans) -> Spans:
    """The items in both, in time linear in the number of spans."""
    common: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        stop = min(left[i][1], right[j][1])
        if start < stop:
            common.append((start, stop))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(common)


def subtract(left: Spans, right: Spans) -> Spans:
    """The items of `left` that are not in `right`."""
    if not right:
        return left
    rest: list[Span] = []
    j = 0
    for start, stop in left:
        at = start
        while j < len(right) and right[j][1] <= at:
            j += 1
        k = j
        while k < len(right) and right[k][0] < stop:
            if at < right[k][0]:
                rest.append((at, right[k][0]))
            at = max(at, right[k][1])
            k += 1
        if at < stop:
            rest.append((at, stop))
    return tuple(rest)


def is_within(indexes: Iterable[int], spans: Spans) -> bool:
    """Whether each of `indexes` is in `spans`."""
    return all(
        (at := bisect_right(spans, index, key=_start)) > 0 and index < spans[at - 1][1] for index in indexes
    )


def _start(span: Span) -> int:
    return span[0]


def take(spans: Spans, count: int) -> tuple[Spans, Spans]:
    """The first `count` items, and the rest."""
    taken: list[Span] = []
    for position, (start, stop) in enumerate(spans):
        if count <= 0:
            return tuple(taken), spans[position:]
        cut = min(stop, start + count)
        taken.append((start, cut))
        count -= cut - start
        if cut < stop:
            return tuple(taken), ((cut, stop), *spans[position + 1 :])
    return tuple(taken), EMPTY


def indexes(spans: Spans) -> Iterator[int]:
    """Every index, ascending."""
    return chain.from_iterable(starmap(range, spans))


def pieces(spans: Spans, count: int) -> tuple[Spans, ...]:
    """`spans` cut in order into at most `count` parts of about one size, none of them empty."""
    total = size(spans)
    parts: list[Spans] = []
    rest = spans
    for left in range(min(count, total), 0, -1):
        part, rest = take(rest, -(-size(rest) // left))
        parts.append(part)
    return tuple(parts)
