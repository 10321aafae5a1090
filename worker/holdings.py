"""All shards that a worker holds, and which item a slot runs next: the worker's state, without I/O."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import RLock

import msgspec

from app.models.ledger import Ledger
from app.models.node import Held
from app.models.ranges import indexes
from app.models.result import ItemResult
from app.protocol.claim import Claimed
from app.protocol.record import Recorded, Report
from worker.holding import Holding, Work

RATE_MEMORY = 0.7
MOST_RATES = 1_000


class Holdings:
    """Thread-safe. Slots take the next item of the least served of the tasks with claimed shards.

    What a dead worker held comes before all others.

    `served` is the time in seconds that slots have spent on a task here; a task that is new starts at the
    least of those present, so that it neither waits nor starves the others.
    """

    def __init__(self, *, slots: int, new_id: Callable[[], str]) -> None:
        self._slots = slots
        self._new_id = new_id
        self._lock = RLock()
        self._held: dict[str, Holding] = {}
        self._served: dict[str, float] = {}
        self._per_item: dict[str, float] = {}
        self._is_leaving = False

    def add(
        self,
        task_id: str,
        shard_id: str,
        claimed: Claimed,
        *,
        items: Sequence[str],
        priority: int,
        now: float,
    ) -> None:
        """A claim was answered. A repeated answer changes nothing."""
        with self._lock:
            if shard_id in self._held:
                return
            self._join(task_id)
            held = self._held[shard_id] = Holding(
                task_id=task_id,
                shard_id=shard_id,
                attempt=claimed.shard.attempt,
                alone=claimed.alone,
                pending=deque(zip(indexes(claimed.shard.spans), items, strict=True)),
                priority=priority,
                suspect=claimed.shard.suspect,
                recorded_at=now,
            )
            if self._is_leaving:
                held.stop()

    def _join(self, task_id: str) -> None:
        present = {held.task_id for held in self._held.values()}
        if task_id not in present:
            self._served[task_id] = min((self._served.get(other, 0.0) for other in present), default=0.0)

    def take(self, *, now: float, seconds: float = 0.0, most: int = 1) -> list[Work]:
        """Items of one shard for one slot, about `seconds` of work, never more than is fair.

        One item while it is not known how long they take.
        """
        with self._lock:
            held = self._next()
            if held is None:
                return []
            per_item = self._per_item.get(held.task_id)
            wanted = 1 if per_item is None else min(most, int(seconds / max(per_item, 1e-6)))
            fair = -(-len(held.pending) // self._slots)
            return [held.begin(now) for _ in range(max(1, min(wanted, fair)))]

    def _next(self) -> Holding | None:
        waiting = [held for held in self._held.values() if held.pending and not held.is_gone]
        return min(
            waiting,
            key=lambda held: (not held.suspect, -held.priority, self._served.get(held.task_id, 0.0)),
            default=None,
        )

    def finished(self, shard_id: str, result: ItemResult) -> None:
        with self._lock:
            held = self._held.get(shard_id)
            if held is not None:
                held.finish(result)

    def is_due_at_once(self, shard_id: str, *, block_bytes: int) -> bool:
        """Whether the shard should be recorded without waiting for the interval."""
        with self._lock:
            held = self._held.get(shard_id)
            return held is not None and (held.is_finished or held.done_bytes >= block_bytes)

    def spent(self, task_id: str, *, seconds: float, items: int) -> None:
        """A slot spent `seconds` on `items` of the task: for fairness and for the measured rate."""
        with self._lock:
            if task_id in self._served:
                self._served[task_id] += seconds
            if items:
                measured = seconds / items
                known = self._per_item.pop(task_id, measured)
                self._per_item[task_id] = RATE_MEMORY * known + (1 - RATE_MEMORY) * measured
            while len(self._per_item) > MOST_RATES:
                del self._per_item[next(iter(self._per_item))]

    def put_back(self, works: Sequence[Work]) -> None:
        """Items that a slot took and did not begin wait again, or go back with the next record."""
        with self._lock:
            for shard_id in {work.shard_id for work in works}:
                held = self._held.get(shard_id)
                if held is not None:
                    held.put_back(work for work in works if work.shard_id == shard_id)

    def rates(self) -> dict[str, float]:
        """Items a second of this worker by task, for tasks it holds."""
        with self._lock:
            tasks = {held.task_id for held in self._held.values()}
            return {
                task: self._slots / max(seconds, 1e-6)
                for task, seconds in self._per_item.items()
                if task in tasks
            }

    def rate(self, task_id: str) -> float | None:
        with self._lock:
            seconds = self._per_item.get(task_id)
        return None if seconds is None else self._slots / max(seconds, 1e-6)

    # recording

    def due(self, now: float, *, interval_seconds: float, block_bytes: int) -> list[str]:
        """Shards that have something to record."""
        with self._lock:
            return [
                shard_id
                for shard_id, held in self._held.items()
                if held.is_due(now, interval_seconds=interval_seconds, block_bytes=block_bytes)
            ]

    def report(self, shard_id: str) -> tuple[str, Report] | None:
        """Task and report to record; the same report until `answered`."""
        with self._lock:
            held = self._held.get(shard_id)
            return None if held is None else (held.task_id, held.report(new_id=self._new_id))

    def unanswered(self, shard_id: str) -> None:
        """The call brought no answer: the next one says that it is a repetition."""
        with self._lock:
            held = self._held.get(shard_id)
            if held is not None and held.in_flight is not None:
                held.in_flight = msgspec.structs.replace(held.in_flight, repeated=True)

    def answered(self, shard_id: str, answer: Recorded, *, now: float) -> bool:
        """Whether the shard has left this worker: it is done, or gone."""
        with self._lock:
            held = self._held.get(shard_id)
            if held is None:
                return True
            held.answered(answer, now=now)
            if held.is_gone or (held.is_finished and not held.done and not held.giving_back):
                del self._held[shard_id]
                self._forget_idle(held.task_id)
                return True
            return False

    # what the store says of the shards

    def look(
        self, ledgers: Mapping[str, Ledger], *, worker: str, asked: Iterable[str]
    ) -> tuple[list[str], list[str]]:
        """Shards of `asked` whose running items must be killed: those that are gone and those that end.

        Of paused and ending tasks nothing more is begun. Gone shards are forgotten.
        """
        gone: list[str] = []
        ending: list[str] = []
        with self._lock:
            for shard_id in asked:
                held = self._held.get(shard_id)
                if held is None:
                    continue
                ledger = ledgers.get(held.task_id)
                shard = ledger.shards.get(shard_id) if ledger is not None else None
                if ledger is None or shard is None or (shard.holders and worker not in shard.holders):
                    if held.in_flight is None:
                        gone.append(shard_id)
                        del self._held[shard_id]
                        self._forget_idle(held.task_id)
                elif ledger.ending is not None:
                    held.is_ending = True
                    held.stop()
                    ending.append(shard_id)
                elif ledger.paused:
                    held.stop()
                else:
                    held.is_stopped = self._is_leaving
        return gone, ending

    def give_back_pending(self) -> int:
        """Everything that has not begun goes back with the next records; how many items."""
        with self._lock:
            return sum(held.give_back_pending() for held in self._held.values())

    def leave(self) -> None:
        """Nothing more is begun here: it goes back, as does what slots put back or is claimed still."""
        with self._lock:
            self._is_leaving = True
            for held in self._held.values():
                held.stop()

    def abandon(self) -> list[str]:
        """From now on what is killed goes back as not done, and nothing waits; the shards held."""
        with self._lock:
            for held in self._held.values():
                held.is_ending = True
                held.stop()
            return list(self._held)

    def has(self, shard_id: str) -> bool:
        with self._lock:
            return shard_id in self._held

    # what others may know

    def held(self, now: float) -> tuple[Held, ...]:
        with self._lock:
            return tuple(
                Held(
                    task_id=held.task_id,
                    shard_id=held.shard_id,
                    not_begun=len(held.pending),
                    oldest_seconds=now - min(held.running.values(), default=now),
                )
                for held in self._held.values()
            )

    def shards(self) -> dict[str, str]:
        """Task id by shard id."""
        with self._lock:
            return {shard_id: held.task_id for shard_id, held in self._held.items()}

    def is_empty(self) -> bool:
        with self._lock:
            return not self._held

    def has_alone(self) -> bool:
        """Whether it holds an item that may kill its worker: nothing is claimed beside it."""
        with self._lock:
            return any(held.alone for held in self._held.values())

    def has_waiting_suspect(self) -> bool:
        """Whether an item that a dead worker held has yet to begin here."""
        with self._lock:
            return any(held.suspect and held.pending for held in self._held.values())

    def _forget_idle(self, task_id: str) -> None:
        if all(held.task_id != task_id for held in self._held.values()):
            self._served.pop(task_id, None)
