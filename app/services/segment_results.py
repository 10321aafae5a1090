"""What the items of one segment of the result index have: results, or how they ended without one. Pure.

A result of an earlier run counts only where it is ok: whatever else it was, a retry has taken up again.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from app.models.ledger import Ledger
from app.models.result import ItemResult, Outcome
from app.protocol.decision import Entry
from app.services.result_index import Segment

RUN_ITEMS = 1_000


class NoResult(msgspec.Struct, frozen=True, kw_only=True):
    """An item that ended without a result: it was given up, or never begun."""

    index: int
    outcome: Outcome


Found = ItemResult | NoResult
Known = Mapping[int, ItemResult]
"""The results of a block by index; empty where there is none."""


def found_in(
    segment: Segment, *, ledger: Ledger, known: Known, gapless: bool
) -> Iterator[list[Found] | None]:
    """What there is, in runs of at most a thousand; None, and then no more, at a gap that must not be."""
    is_current = _is_current(segment.entry, ledger)
    without = outcome_without_result(segment.entry, ledger)
    if not known and without is None:
        if gapless:
            yield None
        return
    for first in range(segment.start, segment.stop, RUN_ITEMS):
        indexes = range(first, min(first + RUN_ITEMS, segment.stop))
        if is_current and (whole := _all_of(indexes, known)) is not None:
            yield whole
            continue
        run: list[Found] = []
        for index, result in zip(indexes, map(known.get, indexes), strict=True):
            if result is not None and (is_current or result.outcome.is_success):
                run.append(result)
            elif without is not None:
                run.append(NoResult(index=index, outcome=without))
            elif gapless:
                yield run
                yield None
                return
        yield run


def _all_of(indexes: Iterable[int], known: Known) -> list[Found] | None:
    try:
        return [known[index] for index in indexes]
    except KeyError:
        return None


def outcome_without_result(entry: Entry | None, ledger: Ledger) -> Outcome | None:
    """The outcome of an item of which no result counts; None where it may still get one."""
    if entry is not None and _is_current(entry, ledger):
        # Without a block it was given up; with one that is gone, what became of it is lost too.
        return entry.outcome or Outcome.LOST
    return Outcome.CANCELLED if ledger.state.is_terminal else None


def _is_current(entry: Entry | None, ledger: Ledger) -> bool:
    return entry is not None and entry.run >= ledger.run
