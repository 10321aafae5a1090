"""A simulated worker: slots that take items by turns, what it holds, and what its beat says."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.models.node import Beat, Held
from app.models.ranges import Spans, indexes, spans_of_indexes
from benchmarks.planner_mixes import SimulatedWorker
from worker.paces import Paces


@dataclass
class HeldShard:
    """A claimed shard: what has not begun, since when what runs, and what has ended since the last record."""

    task_id: str
    shard_id: str
    pending: deque[int]
    suspect: bool
    running: dict[int, float] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)
    given_back: Spans = ()

    @property
    def is_finished(self) -> bool:
        return not self.pending and not self.running

    def give_back_from(self, start: int) -> None:
        back = [index for index in self.pending if index >= start]
        self.pending = deque(index for index in self.pending if index < start)
        self.given_back = (*self.given_back, *spans_of_indexes(back))


class WorkerState:
    """As `worker.holdings` does it: slots take from the least served task, what a dead worker held first."""

    def __init__(self, spec: SimulatedWorker) -> None:
        self.spec = spec
        self.held: dict[str, HeldShard] = {}
        self.paces = Paces()
        self.busy = 0
        self.idle_told = spec.slots

    def add(self, task_id: str, shard_id: str, spans: Spans, *, suspect: bool) -> None:
        self.paces.join(task_id, beside={held.task_id for held in self.held.values()})
        self.held[shard_id] = HeldShard(
            task_id=task_id, shard_id=shard_id, pending=deque(indexes(spans)), suspect=suspect
        )
        self.idle_told = min(self.idle_told, self.idle())

    def take(self, now: float) -> tuple[HeldShard, int] | None:
        """An item for a slot that is free."""
        waiting = [held for held in self.held.values() if held.pending]
        if not waiting or self.busy >= self.spec.slots:
            return None
        held = min(waiting, key=lambda held: (not held.suspect, self.paces.spent_on(held.task_id)))
        index = held.pending.popleft()
        held.running[index] = now
        self.busy += 1
        return held, index

    def end(self, held: HeldShard, index: int, *, now: float) -> None:
        self.busy -= 1
        since = held.running.pop(index)
        held.ended.append(index)
        self.paces.add(held.task_id, seconds=now - since, items=1)

    def drop(self, shard_id: str) -> HeldShard | None:
        """The shard has left: it is recorded, or another has recorded it, and what runs of it is killed."""
        held = self.held.pop(shard_id, None)
        if held is not None:
            self.busy -= len(held.running)
            held.running.clear()
            if all(other.task_id != held.task_id for other in self.held.values()):
                self.paces.leave(held.task_id)
        return held

    def idle(self) -> int:
        here = sum(len(held.running) + len(held.pending) for held in self.held.values())
        return max(0, self.spec.slots - here)

    def rate(self, task_id: str) -> float | None:
        return self.paces.rate(task_id, slots=self.spec.slots)

    def beat(self, now: float) -> Beat:
        return Beat(
            worker=self.spec.name,
            name=self.spec.name,
            slots=self.spec.slots,
            held=tuple(self._held(now)),
            partitions=(1,),
            rates={
                task: rate
                for task in {held.task_id for held in self.held.values()}
                if (rate := self.rate(task)) is not None
            },
            busy=self.busy,
            at=now,
        )

    def _held(self, now: float) -> Iterator[Held]:
        for held in self.held.values():
            since = held.running.values()
            yield Held(
                task_id=held.task_id,
                shard_id=held.shard_id,
                not_begun=len(held.pending),
                running=len(held.running),
                oldest_seconds=now - min(since, default=now),
                youngest_seconds=now - max(since, default=now),
            )
