"""The results of a task in item order, while it runs and after, read with memory that stays flat.

A result of an earlier run counts only where it is ok: whatever else it was, a retry has taken up again.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from app.models.ledger import Ledger
from app.models.ranges import spans_of_indexes
from app.models.result import ItemResult, Outcome
from app.models.status import ResultLine
from app.models.wire import unpack_results
from app.protocol.decision import Entry
from app.repositories.ports import Store
from app.services.finding import known_task
from app.services.result_index import Segment, segments
from app.services.result_lines import line_of, line_without_result

BLOCKS_KEPT = 8
BATCH_LINES = 1_000
BATCH_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which results: from index `start` on, of these outcomes (none named: all), at most `limit`.

    `gapless` ends before the first item without a result; `most_blocks` after reading so many blocks.
    """

    outcomes: frozenset[Outcome] = frozenset()
    start: int = 0
    limit: int | None = None
    gapless: bool = False
    most_blocks: int | None = None

    def has(self, outcome: Outcome) -> bool:
        return not self.outcomes or outcome in self.outcomes

    def after(self, line: ResultLine, *, taken: int) -> "Selection":
        """What is left once `taken` lines are read, `line` being the last of them."""
        limit = self.limit - taken if self.limit is not None else None
        return replace(self, start=line.index + 1, limit=limit)


Found = tuple[int, ItemResult | Outcome]
"""An index with its result, or with the outcome that it has without one."""


class ResultReader:
    """Reads results. Thread-safe as far as its store is."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lines(self, task_id: str, selection: Selection) -> Iterator[ResultLine]:
        """The selected results. Raises TaskNotFound and, at any step, StoreUnavailable."""
        ledger = known_task(self._store, task_id).ledger
        if selection.limit == 0:
            return
        spec = self._store.spec(ledger.task_id)
        chosen = islice(self._found(ledger, selection), selection.limit)
        for batch in _batches(chosen):
            items = self._items(spec.upload, batch) if spec is not None else {}
            for index, result in batch:
                yield _line(index, result, item=items.get(index))

    def _found(self, ledger: Ledger, selection: Selection) -> Iterator[Found]:
        blocks = _Blocks(self._store, ledger.task_id)
        every = segments(
            lambda start, limit: self._store.entries(ledger.task_id, start=start, limit=limit),
            start=selection.start,
            stop=ledger.items_total,
        )
        for segment in every:
            if selection.most_blocks is not None and blocks.read > selection.most_blocks:
                return
            for index, result in _in_segment(segment, ledger=ledger, selection=selection, blocks=blocks):
                if result is None:
                    return
                if selection.has(_outcome(result)):
                    yield index, result

    def _items(self, upload: str, batch: list[Found]) -> dict[int, str]:
        indexes = [index for index, _ in batch]
        try:
            texts = self._store.items(upload, spans_of_indexes(indexes))
        except KeyError:
            return {}
        return dict(zip(indexes, texts, strict=True))


class _Blocks:
    """The blocks of one task, a few kept; `read` counts those that were fetched."""

    def __init__(self, store: Store, task_id: str) -> None:
        self._store = store
        self._task_id = task_id
        self._kept: OrderedDict[str, dict[int, ItemResult]] = OrderedDict()
        self.read = 0

    def results(self, block_id: str) -> dict[int, ItemResult]:
        """Results by index; none where the block is gone."""
        if block_id in self._kept:
            self._kept.move_to_end(block_id)
            return self._kept[block_id]
        raw = self._store.block(self._task_id, block_id)
        self.read += 1
        found = {result.index: result for result in unpack_results(raw)} if raw is not None else {}
        self._kept[block_id] = found
        if len(self._kept) > BLOCKS_KEPT:
            self._kept.popitem(last=False)
        return found


def _in_segment(
    segment: Segment, *, ledger: Ledger, selection: Selection, blocks: _Blocks
) -> Iterator[tuple[int, ItemResult | Outcome | None]]:
    """What its items have; None, and then no more, where nothing is to come after a gap."""
    without = _without_result(ledger, segment.entry)
    if segment.entry is None and without is not None and not selection.has(without):
        return
    known = blocks.results(segment.entry.block) if segment.entry is not None and segment.entry.block else {}
    for index in range(segment.start, segment.stop):
        result = known.get(index)
        if result is not None and (_is_current(segment.entry, ledger) or result.outcome.is_success):
            yield index, result
        elif without is not None:
            yield index, without
        elif selection.gapless:
            yield index, None
            return
        elif not known:
            return


def _is_current(entry: Entry | None, ledger: Ledger) -> bool:
    return entry is not None and entry.run >= ledger.run


def _without_result(ledger: Ledger, entry: Entry | None) -> Outcome | None:
    """The outcome of an item of which no result counts; None where it may still get one."""
    if entry is not None and _is_current(entry, ledger):
        # Without a block it was given up; with one that is gone, what became of it is lost too.
        return entry.outcome or Outcome.LOST
    return Outcome.CANCELLED if ledger.state.is_terminal else None


def _outcome(result: ItemResult | Outcome) -> Outcome:
    return result if isinstance(result, Outcome) else result.outcome


def _line(index: int, result: ItemResult | Outcome, *, item: str | None) -> ResultLine:
    if isinstance(result, Outcome):
        return line_without_result(index, item=item, outcome=result)
    return line_of(result, item=item)


def _batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    held_bytes = 0
    for index, result in found:
        batch.append((index, result))
        if isinstance(result, ItemResult):
            held_bytes += len(result.stdout) + len(result.stderr) + len(result.value or b"")
        if len(batch) == BATCH_LINES or held_bytes > BATCH_BYTES:
            yield batch
            batch, held_bytes = [], 0
    if batch:
        yield batch
