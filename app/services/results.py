"""The results of a task in item order, while it runs and after, read with memory that stays flat."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import TypeVar

from app.models.ledger import Ledger
from app.models.ranges import spans_of_indexes
from app.models.result import Outcome
from app.models.status import Line, ResultLine
from app.models.task import TaskSpec
from app.repositories.ports import Look, ResultSource, Store, Whole
from app.services.finding import known_task
from app.services.result_blocks import ResultBlocks
from app.services.result_index import Segment, segments
from app.services.result_lines import brief_line_of, is_plain, line_of
from app.services.segment_results import Found, found_in, outcome_without_result
from app.services.whole_task import WholeTask

BATCH_LINES = 1_000
BATCH_RUNS = 8
INPUT_BLOCKS = 16

_L = TypeVar("_L", bound=Line)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which results: from index `start` on, of these outcomes (none named: all), at most `limit`.

    `gapless` ends before the first item without a result; `most_blocks` after reading so many blocks. Where
    it is `brief`, lines of items that succeeded, with whole outputs, tell these and the value alone.
    """

    outcomes: frozenset[Outcome] = frozenset()
    start: int = 0
    limit: int | None = None
    gapless: bool = False
    brief: bool = False
    most_blocks: int | None = None

    def has(self, outcome: Outcome) -> bool:
        return not self.outcomes or outcome in self.outcomes

    def after(self, line: Line, *, taken: int) -> "Selection":
        """What is left once `taken` lines are read, `line` being the last of them."""
        limit = self.limit - taken if self.limit is not None else None
        return replace(self, start=line.index + 1, limit=limit)


class ResultReader:
    """Reads results. Thread-safe as far as its store is. They come from a `source`, by default the store."""

    def __init__(self, store: Store, *, source: ResultSource | None = None) -> None:
        self._store = store
        self._source = source or store

    def lines(self, task_id: str, selection: Selection) -> Iterator[ResultLine]:
        """The selected results, whole. Raises TaskNotFound and, at any step, StoreUnavailable."""
        ledger = known_task(self._store, task_id).ledger
        spec = self._store.spec(ledger.task_id)
        return chain.from_iterable(self._batches(ledger, spec, selection, line=line_of))

    def batches(self, task_id: str, selection: Selection) -> Iterator[list[Line]]:
        """The same, some at a time and none of them empty: the first as soon as there are any."""
        ledger = known_task(self._store, task_id).ledger
        if selection.limit != 0:
            line = brief_line_of if selection.brief else line_of
            yield from self._batches(ledger, self._store.spec(ledger.task_id), selection, line=line)

    def lines_of(self, look: Look, selection: Selection) -> Iterator[ResultLine]:
        """The selected results of a task that has been read."""
        return chain.from_iterable(self._batches(look.stored.ledger, look.spec, selection, line=line_of))

    def lines_of_whole(self, whole: Whole, selection: Selection) -> Iterator[ResultLine]:
        """The selected results of a small task that has been read with all of them."""
        return ResultReader(self._store, source=WholeTask(whole)).lines_of(whole.look, selection)

    def _batches(
        self,
        ledger: Ledger,
        spec: TaskSpec | None,
        selection: Selection,
        *,
        line: Callable[[Found, str | None], _L],
    ) -> Iterator[list[_L]]:
        for batch in _batches(self._found(ledger, selection), limit=selection.limit):
            left: Sequence[Found] = batch
            while left:
                is_told = not selection.brief or not all(map(is_plain, left))
                lines = list(map(line, left, self._texts(spec, left) if is_told else repeat(None)))
                yield lines
                left = left[len(lines) :]

    def _found(self, ledger: Ledger, selection: Selection) -> Iterator[list[Found]]:
        blocks = ResultBlocks(self._source, ledger.task_id)
        every = segments(
            lambda start, limit: self._source.entries(ledger.task_id, start=start, limit=limit),
            start=selection.start,
            stop=ledger.items_total,
        )
        for segment in every:
            if selection.most_blocks is not None and blocks.read > selection.most_blocks:
                return
            for run in _runs(segment, ledger=ledger, selection=selection, blocks=blocks):
                if run is None:
                    return
                yield [each for each in run if selection.has(each.outcome)] if selection.outcomes else run

    def _texts(self, spec: TaskSpec | None, batch: Sequence[Found]) -> Iterable[str | None]:
        """The items of the batch, or of the first of it where they are large; None for each that is gone."""
        first, last = batch[0].index, batch[-1].index
        is_whole = last - first + 1 == len(batch)
        spans = ((first, last + 1),) if is_whole else spans_of_indexes(each.index for each in batch)
        if spec is None:
            return repeat(None)
        try:
            return self._source.items(spec.upload, spans, most_blocks=INPUT_BLOCKS) or repeat(None)
        except KeyError:
            return repeat(None)


def _runs(
    segment: Segment, *, ledger: Ledger, selection: Selection, blocks: ResultBlocks
) -> Iterator[list[Found] | None]:
    entry = segment.entry
    known = blocks.results(entry.block) if entry is not None and entry.block else {}
    without = outcome_without_result(entry, ledger)
    if not known and without is not None and not selection.has(without):
        return
    yield from found_in(segment, ledger=ledger, known=known, gapless=selection.gapless)


def _batches(runs: Iterable[list[Found]], *, limit: int | None) -> Iterator[list[Found]]:
    """Runs put together up to a thousand lines or eight runs, of which each may be as large as a block.

    Of all results the first run comes alone, so that nobody waits for it.
    """
    batch: list[Found] = []
    taken, held_runs, most_runs = 0, 0, 1 if limit is None else BATCH_RUNS
    for run in runs:
        batch += run
        held_runs += bool(run)
        if limit is not None and taken + len(batch) >= limit:
            break
        if len(batch) >= BATCH_LINES or held_runs >= most_runs:
            yield batch
            taken += len(batch)
            batch, held_runs, most_runs = [], 0, min(BATCH_RUNS, most_runs * 2)
    if batch:
        yield batch[: limit - taken] if limit is not None else batch
