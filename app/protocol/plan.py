"""plan: the next items of a task become a shard for one worker; offer: an existing shard for one more."""

import msgspec

from app.models.ledger import Ledger, Shard
from app.models.ranges import EMPTY, Spans
from app.models.task import TaskState
from app.protocol.decision import Decision, Effects
from app.protocol.pool import take_next


def held_by(ledger: Ledger, worker: str) -> int:
    """How many shards fill the room of `worker`: it claimed them, or, unclaimed, was offered them last.

    Suspect ones pass it: they are claimed one by one, by slots that are free.
    """
    return sum(
        1
        for shard in ledger.shards.values()
        if not shard.suspect and (worker in shard.holders if shard.holders else worker == shard.worker)
    )


def plan(
    ledger: Ledger,
    *,
    shard_id: str,
    worker: str,
    count: int,
    most: int,
    agenda: Spans = EMPTY,
    function: str | None = None,
    now: float,
) -> Decision[Shard | None]:
    """At most `count` items for `worker`, unless it has `most` shards of this task, or nothing waits.

    What a dead worker held comes first and needs no room, so that it does not wait behind what is new.

    A task that Kafka is not known to have is not planned: who holds its record notes that first. The
    first plan of a run brings the rendered `function`, so that no claim ever misses it.
    """
    if shard_id in ledger.shards:
        return Decision(answer=ledger.shards[shard_id])
    if not ledger.can_plan or not (_is_suspect_next(ledger) or held_by(ledger, worker) < most):
        return Decision(answer=None)
    if ledger.started_at is None and function is None:
        return Decision(answer=None)
    rest, piece = take_next(ledger, count, agenda=agenda)
    if not piece.spans:
        return Decision(answer=None)
    shard = Shard(
        spans=piece.spans,
        worker=worker,
        offered_at=now,
        attempt=piece.attempt,
        suspect=piece.suspect,
        deaths=piece.deaths,
    )
    after = rest.evolve(
        shards={**rest.shards, shard_id: shard},
        state=TaskState.INPROGRESS,
        started_at=rest.started_at if rest.started_at is not None else now,
        reason=None,
    )
    return Decision(
        answer=shard, after=after, effects=Effects(counts={"shards_planned": 1}, function=function)
    )


def _is_suspect_next(ledger: Ledger) -> bool:
    return bool(ledger.pool) and ledger.pool[0].suspect


def offer(ledger: Ledger, *, shard_id: str, seen: Shard, worker: str, now: float) -> Decision[Shard | None]:
    """The shard under its id for one more worker: unclaimed, again; claimed and `idempotent`, as a copy.

    A copy that nobody claims may be offered to another worker instead. Nothing where the shard is no longer
    as the caller has `seen` it: a claim in between would make a copy of it.
    """
    shard = ledger.shards.get(shard_id)
    if shard is None or shard != seen or ledger.paused or ledger.ending is not None:
        return Decision(answer=None)
    if not shard.holders:
        offered = msgspec.structs.replace(shard, worker=worker, offered_at=now, offers=shard.offers + 1)
        name = "shards_offered_again"
    elif ledger.idempotent and len(shard.holders) == 1 and worker not in shard.holders:
        # What the first holder was asked for is nothing that the second should return.
        offered = msgspec.structs.replace(shard, invited=(worker,), offered_at=now, asked_from=None)
        name = "shards_copied"
    else:
        return Decision(answer=None)
    after = ledger.evolve(shards={**ledger.shards, shard_id: offered})
    return Decision(answer=offered, after=after, effects=Effects(counts={name: 1}))
