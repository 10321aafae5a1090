"""The simulated store: ledgers whose shards change in place, so that thousands of workers cost little."""

import msgspec

from app.models.ledger import Ledger, Piece, Shard
from app.models.ranges import EMPTY, Spans, intersect, size, subtract
from app.models.task import TaskState
from app.protocol.pool import broken_up, put_back, take_next
from app.services.balancing import Ask, Copy
from app.services.planning import Assignment
from benchmarks.planner_mixes import SimulatedTask


class TaskLedger:
    """The operations on one task, without the refusals that a single scheduler never sees."""

    def __init__(self, spec: SimulatedTask, *, now: float) -> None:
        self.spec = spec
        self._shards: dict[str, Shard] = {}
        self._ledger = Ledger(
            task_id=spec.name,
            items_total=spec.items,
            created_at=now,
            stop=spec.items,
            waiting=spec.items,
            state=TaskState.SUBMITTED,
            started_at=now,
            priority=spec.priority,
            idempotent=spec.idempotent,
            shards=self._shards,
        )
        self.left = spec.items

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    def shard(self, shard_id: str) -> Shard | None:
        return self._shards.get(shard_id)

    def plan(self, chosen: Assignment, shard_id: str, *, now: float) -> Shard | None:
        if not (self._ledger.waiting or self._ledger.pool):
            return None
        self._ledger, piece = take_next(self._ledger, chosen.count, agenda=EMPTY)
        shard = Shard(spans=piece.spans, worker=chosen.worker, offered_at=now, suspect=piece.suspect)
        self._shards[shard_id] = shard
        return shard

    def claim(self, shard_id: str, worker: str, *, now: float) -> Shard | None:
        """The shard as it is for this worker; None where it is gone or another's."""
        shard = self._shards.get(shard_id)
        if shard is None or (shard.holders and worker not in (*shard.holders, *shard.invited)):
            return None
        invited = tuple(name for name in shard.invited if name != worker)
        claimed = msgspec.structs.replace(shard, holders={**shard.holders, worker: now}, invited=invited)
        self._shards[shard_id] = claimed
        return claimed

    def ask(self, ask: Ask, *, seen: Shard, now: float) -> bool:
        if self._shards.get(ask.shard_id) is not seen:
            return False
        self._shards[ask.shard_id] = msgspec.structs.replace(seen, asked_from=ask.start, asked_at=now)
        return True

    def offer(self, copy: Copy, *, seen: Shard, now: float) -> bool:
        if self._shards.get(copy.shard_id) is not seen:
            return False
        invited = (copy.worker,)
        self._shards[copy.shard_id] = msgspec.structs.replace(
            seen, invited=invited, offered_at=now, asked_from=None
        )
        return True

    def record(self, shard_id: str, worker: str, done: Spans, given_back: Spans, *, now: float) -> bool:
        """Whether the shard goes on at this worker."""
        shard = self._shards.get(shard_id)
        if shard is None or worker not in shard.holders:
            return False
        done = intersect(done, shard.spans)
        back = intersect(given_back, subtract(shard.spans, done))
        left = subtract(subtract(shard.spans, done), back)
        self.left -= size(done)
        self._put_back(Piece(spans=back, suspect=shard.suspect))
        if not left:
            del self._shards[shard_id]
            return False
        self._shards[shard_id] = msgspec.structs.replace(
            shard, spans=left, holders={**shard.holders, worker: now}
        )
        return True

    def revoke_all_of(self, worker: str) -> None:
        """The worker is dead."""
        for shard_id, shard in list(self._shards.items()):
            if worker in shard.holders and len(shard.holders) == 1:
                del self._shards[shard_id]
                for piece in broken_up(shard, attempt=2):
                    self._put_back(piece)
            elif not shard.holders and shard.worker == worker:
                del self._shards[shard_id]
                self._put_back(Piece(spans=shard.spans))

    def _put_back(self, piece: Piece) -> None:
        self._ledger = self._ledger.evolve(pool=put_back(self._ledger.pool, piece))
