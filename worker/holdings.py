"""All shards that a worker holds, and which item a slot runs next: the worker's state, without I/O."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import RLock
from typing import NamedTuple

import msgspec

from app.models.ledger import Ledger, Shard
from app.models.node import Held
from app.models.ranges import indexes
from app.models.result import ItemResult
from app.protocol.claim import Claimed
from app.protocol.record import Recorded, Report
from worker.holding import Holding, Work
from worker.paces import Paces

LONE_TASK_TIMES = 3
"""A slot that has its next items at hand loses no time between them; it puts them back for another task."""


class Seen(NamedTuple):
    """What a look at the store tells to kill: running items of shards that are `gone` or `ending`, and single
    ones, by shard and index, that another holder has recorded."""

    gone: list[str]
    ending: list[str]
    taken_over: list[tuple[str, int]]


class Holdings:
    """Thread-safe. Slots take the next item of the least served of the tasks with claimed shards.

    What a dead worker held comes before all others.
    """

    def __init__(self, *, slots: int, new_id: Callable[[], str]) -> None:
        self._slots = slots
        self._new_id = new_id
        self._lock = RLock()
        self._held: dict[str, Holding] = {}
        self._paces = Paces()
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
    ) -> bool:
        """A claim was answered. A repeated answer changes nothing.

        Whether it is the first shard here of a task beside others.
        """
        with self._lock:
            if shard_id in self._held:
                return False
            beside = {other.task_id for other in self._held.values()}
            self._paces.join(task_id, beside=beside)
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
            return bool(beside) and task_id not in beside

    def take(self, *, now: float, seconds: float = 0.0, most: int = 1) -> list[Work]:
        """Items of one shard for one slot, about `seconds` of work, never more than is fair.

        More of it while there is one task here only, and one item while it is not known how long they take.
        """
        with self._lock:
            held = self._next()
            if held is None:
                return []
            per_item = self._paces.per_item(held.task_id)
            if all(other.task_id == held.task_id for other in self._held.values()):
                seconds *= LONE_TASK_TIMES
            wanted = 1 if per_item is None else min(most, int(seconds / max(per_item, 1e-6)))
            fair = -(-len(held.pending) // self._slots)
            return held.begin(max(1, min(wanted, fair)), now=now)

    def _next(self) -> Holding | None:
        waiting = [held for held in self._held.values() if held.pending and not held.is_gone]
        return min(
            waiting,
            key=lambda held: (not held.suspect, -held.priority, self._paces.spent_on(held.task_id)),
            default=None,
        )

    def finished(self, shard_id: str, *results: ItemResult) -> None:
        with self._lock:
            held = self._held.get(shard_id)
            if held is not None:
                held.finish(results)

    def is_due_at_once(self, shard_id: str, *, block_bytes: int) -> bool:
        """Whether the end of an item is looked at without waiting for the interval.

        Its shard is finished, or the block is full, or its slot finds nothing else to do.
        """
        with self._lock:
            held = self._held.get(shard_id)
            if held is None:
                return False
            return held.is_finished or held.done_bytes >= block_bytes or not self._has_pending()

    def is_finished(self, shard_id: str) -> bool:
        """Whether all of the shard has ended, and is here still."""
        with self._lock:
            held = self._held.get(shard_id)
            return held is not None and held.is_finished

    def idle(self) -> int:
        """How many slots find nothing to do."""
        with self._lock:
            here = sum(len(held.running) + len(held.pending) for held in self._held.values())
            return max(0, self._slots - here)

    def _has_pending(self) -> bool:
        return any(held.pending for held in self._held.values())

    def spent(self, task_id: str, *, seconds: float, items: int) -> None:
        """A slot spent `seconds` on `items` of the task: for fairness and for the measured rate."""
        with self._lock:
            self._paces.add(task_id, seconds=seconds, items=items)

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
            return {task: rate for task in tasks if (rate := self.rate(task)) is not None}

    def rate(self, task_id: str) -> float | None:
        with self._lock:
            return self._paces.rate(task_id, slots=self._slots)

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

    def look(self, ledgers: Mapping[str, Ledger], *, worker: str, asked: Iterable[str]) -> Seen:
        """What of the shards `asked` must be killed.

        Of paused and ending tasks nothing more is begun. Gone shards are forgotten. What a shard is asked
        back for goes with its next record.
        """
        seen = Seen([], [], [])
        with self._lock:
            for shard_id in asked:
                held = self._held.get(shard_id)
                if held is None:
                    continue
                ledger = ledgers.get(held.task_id)
                shard = ledger.shards.get(shard_id) if ledger is not None else None
                if ledger is None or shard is None or (shard.holders and worker not in shard.holders):
                    if held.in_flight is None:
                        seen.gone.append(shard_id)
                        del self._held[shard_id]
                        self._forget_idle(held.task_id)
                elif ledger.ending is not None:
                    held.is_ending = True
                    held.stop()
                    seen.ending.append(shard_id)
                elif ledger.paused:
                    held.stop()
                else:
                    held.is_stopped = self._is_leaving
                    self._heed(held, shard, seen)
        return seen

    def _heed(self, held: Holding, shard: Shard, seen: Seen) -> None:
        """What the shard is asked back for, and what another holder has recorded of it."""
        if shard.asked_from is not None:
            held.give_back_from(shard.asked_from)
        held.is_shared |= len(shard.holders) > 1
        if held.is_shared:
            seen.taken_over.extend((held.shard_id, index) for index in held.keep_only(shard.spans))

    def asked(self, shard_id: str, start: int) -> None:
        """What has not begun of the shard's items from `start` on goes back with its next record."""
        with self._lock:
            held = self._held.get(shard_id)
            if held is not None:
                held.give_back_from(start)

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
                    running=len(held.running),
                    oldest_seconds=now - min(held.running.values(), default=now),
                    youngest_seconds=now - max(held.running.values(), default=now),
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
            self._paces.leave(task_id)
