"""Slots of a worker that begin and end items when a test says so."""

from collections.abc import Sequence

from app.models.result import ItemResult, Outcome
from app.support.clock import Clock
from worker.holding import Work
from worker.holdings import Holdings
from worker.node_ports import TaskFacts


class HandSlots:
    """`killed` are the shards whose items it was told to end; they end at once, as killed."""

    def __init__(self, holdings: Holdings, *, count: int, clock: Clock) -> None:
        self._holdings = holdings
        self._count = count
        self._clock = clock
        self._running: dict[tuple[str, int], tuple[Work, float]] = {}
        self.functions: dict[str, str] = {}
        self.killed: list[str] = []
        self.times_given_up = 0

    def begin(self) -> list[Work]:
        """Fills the free slots; what has begun."""
        begun: list[Work] = []
        while len(self._running) < self._count:
            taken = self._holdings.take(now=self._clock.monotonic())
            if not taken:
                break
            assert taken[0].task_id in self.functions, "there is no function for this item"
            self._running[taken[0].shard_id, taken[0].index] = (taken[0], self._clock.monotonic())
            begun += taken
        return begun

    def end(self, *works: Work, outcome: Outcome = Outcome.OK) -> None:
        for work in works:
            _, since = self._running.pop((work.shard_id, work.index))
            self._holdings.spent(work.task_id, seconds=self._clock.monotonic() - since, items=1)
            self._holdings.finished(work.shard_id, ItemResult(index=work.index, outcome=outcome))

    def run_all(self) -> list[int]:
        """Runs everything that waits, in no time; the indexes in the order in which they began."""
        began: list[int] = []
        while works := self.begin():
            began += [work.index for work in works]
            self.end(*works)
        return began

    @property
    def running(self) -> list[Work]:
        return [work for work, _ in self._running.values()]

    def learn(self, facts: TaskFacts) -> None:
        self.functions[facts.spec.task_id] = facts.function

    def forget(self, task_id: str) -> None:
        self.functions.pop(task_id, None)

    def kill(self, shard_ids: Sequence[str]) -> None:
        self.killed += shard_ids
        self.end(*(work for work in self.running if work.shard_id in shard_ids), outcome=Outcome.KILLED)

    def kill_item(self, shard_id: str, index: int) -> None:
        self.end(*(work for work in self.running if (work.shard_id, work.index) == (shard_id, index)))

    def give_up(self) -> None:
        self.times_given_up += 1

    def running_since(self) -> Sequence[float]:
        return [since for _, since in self._running.values()]
