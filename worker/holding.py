"""One claimed shard in a worker's hands: what waits, what runs, what is done and not yet recorded."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from app.models.ranges import EMPTY, Spans, is_within, size, spans_of, spans_of_indexes
from app.models.result import ItemResult, Outcome
from app.models.wire import pack_results
from app.protocol.record import Recorded, Report
from worker.runners.ports import Item


class Work(Item, frozen=True, kw_only=True, gc=False):
    """What a slot is given: one item of one shard."""

    task_id: str
    shard_id: str


@dataclass(kw_only=True)
class Holding:
    """The life of a claimed shard here. Not thread-safe: `Holdings` guards it."""

    task_id: str
    shard_id: str
    attempt: int
    alone: bool
    pending: deque[tuple[int, str]]
    priority: int = 0
    suspect: bool = False
    running: dict[int, float] = field(default_factory=dict)
    done: list[ItemResult] = field(default_factory=list)
    done_bytes: int = 0
    giving_back: Spans = EMPTY
    in_flight: Report | None = None
    recorded_at: float = 0.0
    is_gone: bool = False
    is_ending: bool = False
    is_stopped: bool = False
    is_shared: bool = False
    taken_over: set[int] = field(default_factory=set)

    def begin(self, count: int, *, now: float) -> list[Work]:
        """The next items, at most so many, run from now on."""
        if count >= len(self.pending):
            taken, self.pending = self.pending, deque()
        else:
            taken = deque(self.pending.popleft() for _ in range(count))
        self.running.update((index, now) for index, _ in taken)
        task_id, shard_id, attempt = self.task_id, self.shard_id, self.attempt
        return [
            Work(task_id=task_id, shard_id=shard_id, index=index, text=text, attempt=attempt)
            for index, text in taken
        ]

    def finish(self, results: Iterable[ItemResult]) -> None:
        """Items have ended. One that was killed because its task ends goes back: it is cancelled there."""
        pop = self.running.pop
        ended = [result for result in results if pop(result.index, None) is not None]
        if self.taken_over:
            ended = [result for result in ended if result.index not in self.taken_over]
        if self.is_ending:
            back = [result.index for result in ended if result.outcome is Outcome.KILLED]
            self.giving_back = spans_of((*self.giving_back, *spans_of_indexes(back)))
            ended = [result for result in ended if result.outcome is not Outcome.KILLED]
        self.done += ended
        self.done_bytes += sum(
            [len(each.stdout) + len(each.stderr) + len(each.value or b"") + 64 for each in ended]
        )

    def put_back(self, works: Iterable[Work]) -> None:
        """Work that a slot took and did not begin."""
        for work in reversed(list(works)):
            if self.running.pop(work.index, None) is not None and work.index not in self.taken_over:
                self.pending.appendleft((work.index, work.text))
        if self.is_stopped:
            self.give_back_pending()

    def stop(self) -> None:
        """Nothing more of it is begun: what waits is returned, and what a slot puts back later."""
        self.is_stopped = True
        self.give_back_pending()

    def give_back_pending(self) -> int:
        """Everything that has not begun is returned with the next record; how many items."""
        spans = spans_of_indexes(index for index, _ in self.pending)
        self.pending.clear()
        self.giving_back = spans_of((*self.giving_back, *spans))
        return size(spans)

    def give_back_from(self, start: int) -> None:
        """What has not begun of the items from `start` on is returned with the next record."""
        back = [index for index, _ in self.pending if index >= start]
        if back:
            self.pending = deque(item for item in self.pending if item[0] < start)
            self.giving_back = spans_of((*self.giving_back, *spans_of_indexes(back)))

    def keep_only(self, spans: Spans) -> list[int]:
        """Items that are no longer in the shard have another holder's result; those of them that run here.

        They are not begun here, nor is a result of theirs recorded.
        """
        if is_within((*self.running, *(index for index, _ in self.pending)), spans):
            return []
        self.pending = deque(item for item in self.pending if is_within(item[:1], spans))
        lost = [index for index in self.running if not is_within((index,), spans)]
        self.taken_over.update(lost)
        return lost

    @property
    def is_finished(self) -> bool:
        return not self.pending and not self.running

    def is_due(self, now: float, *, interval_seconds: float, block_bytes: int) -> bool:
        """Whether a record should go out: a repeat, the end, items returned, time passed, a full block."""
        if self.in_flight is not None or self.giving_back or self.is_finished:
            return True
        if not self.done:
            return False
        return self.done_bytes >= block_bytes or now - self.recorded_at >= interval_seconds

    def report(self, *, new_id: Callable[[], str]) -> Report:
        """What to record now; the same again until it is answered."""
        if self.in_flight is not None:
            return self.in_flight
        results, ok = sorted(self.done, key=attrgetter("index")), Outcome.OK
        self.in_flight = Report(
            done=_spans_of_ordered([result.index for result in results]),
            failed=spans_of_indexes([result.index for result in results if result.outcome is not ok]),
            given_back=self.giving_back,
            block_id=new_id(),
            block=pack_results(results) if results else b"",
        )
        self.done, self.done_bytes, self.giving_back = [], 0, EMPTY
        return self.in_flight

    def answered(self, answer: Recorded, *, now: float) -> None:
        self.in_flight = None
        self.recorded_at = now
        self.is_gone = not answer.known


def _spans_of_ordered(indexes: Sequence[int]) -> Spans:
    """The spans of distinct indexes in order, at once where there are no gaps."""
    if indexes and indexes[-1] - indexes[0] + 1 == len(indexes):
        return ((indexes[0], indexes[-1] + 1),)
    return spans_of_indexes(indexes)
