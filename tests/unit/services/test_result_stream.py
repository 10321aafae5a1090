"""A stream of results goes on where it was when the store comes back."""

from collections.abc import Iterator

import pytest

from app.errors import StoreUnavailable
from app.models.result import Outcome
from app.models.status import Line, ResultLine
from app.repositories.memory import MemoryStore
from app.services.result_stream import steady_batches
from app.services.results import ResultReader, Selection
from app.support.clock import FakeClock
from app.support.retry import RetryPolicy


class Breaking(ResultReader):
    """Ten results; a read breaks before each index in `breaks`, once for each time it is named."""

    def __init__(self, *breaks: int) -> None:
        super().__init__(MemoryStore(lambda: 0.0))
        self._breaks = list(breaks)
        self.selections: list[Selection] = []

    def batches(self, task_id: str, selection: Selection) -> Iterator[list[Line]]:  # noqa: ARG002
        self.selections.append(selection)
        left = selection.limit if selection.limit is not None else 10
        for index in range(selection.start, min(10, selection.start + left)):
            if index in self._breaks:
                self._breaks.remove(index)
                raise StoreUnavailable("away")
            yield [ResultLine(index=index, item=None, outcome=Outcome.OK)]


def read(reader: Breaking, selection: Selection, *, limit: int = 3) -> list[int]:
    policy = RetryPolicy(limit=limit, first_seconds=0.1)
    batches = steady_batches(reader, "task", selection, clock=FakeClock(), policy=policy)
    return [line.index for batch in batches for line in batch]


def test_no_line_is_missed_or_doubled() -> None:
    assert read(Breaking(1, 5, 5, 9), Selection()) == list(range(10))


def test_a_limit_holds_over_breaks() -> None:
    reader = Breaking(3, 4, 5)
    assert read(reader, Selection(start=2, limit=5)) == [2, 3, 4, 5, 6]
    assert [(each.start, each.limit) for each in reader.selections] == [(2, 5), (3, 4), (4, 3), (5, 2)]


def test_breaks_with_progress_between_them_are_not_added_up() -> None:
    assert read(Breaking(1, 1, 2, 2, 3, 3, 4, 4), Selection()) == list(range(10))


def test_it_gives_up_at_last() -> None:
    with pytest.raises(StoreUnavailable):
        read(Breaking(5, 5, 5), Selection())


def test_it_does_not_wait_before_the_first_line() -> None:
    with pytest.raises(StoreUnavailable):
        read(Breaking(0), Selection())
