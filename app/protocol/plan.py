"""plan: the next items of a task become shards of workers; offer: an existing shard for one more."""

from collections.abc import Sequence

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


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A shard to plan: at most `count` items for `worker`, unless it has `most` shards of the task."""

    shard_id: str
    worker: str
    count: int
    most: int


def plan(
    ledger: Ledger,
    *,
    wanted: Sequence[Wanted],
    agenda: Spans = EMPTY,
    function: str | None = None,
    now: float,
) -> Decision[dict[str, Shard]]:
    """Those of the wanted shards that there are now, by id: all in one change, while items wait.

    What a dead worker held comes first and needs no room, so that it does not wait behind what is new.

    A task that Kafka is not known to have is not planned: who holds its record notes that first. The
    first plan of a run brings the rendered `function`, so that no claim ever misses it.
    """
    after = ledger
    for each in wanted:
        if each.shard_id not in after.shards:
            after = _with_shard(after, each, agenda=agenda, may_start=function is not None, now=now)
    answer = {each.shard_id: after.shards[each.shard_id] for each in wanted if each.shard_id in after.shards}
    planned = len(after.shards) - len(ledger.shards)
    if not planned:
        return Decision(answer=answer)
    return Decision(
        answer=answer, after=after, effects=Effects(counts={"shards_planned": planned}, function=function)
    )


def _with_shard(ledger: Ledger, wanted: Wanted, *, agenda: Spans, may_start: bool, now: float) -> Ledger:
    """The ledger with this shard, or as it was where it may not be planned."""
    has_room = _is_suspect_next(ledger) or held_by(ledger, wanted.worker) < wanted.most
    if not ledger.can_plan or not has_room or (ledger.started_at is None and not may_start):
        return ledger
    rest, piece = take_next(ledger, wanted.count, agenda=agenda)
    if not piece.spans:
        return ledger
    shard = Shard(
        spans=piece.spans,
        worker=wanted.worker,
        offered_at=now,
        attempt=piece.attempt,
        suspect=piece.suspect,
        deaths=piece.deaths,
    )
    return rest.evolve(
        shards={**rest.shards, wanted.shard_id: shard},
        state=TaskState.INPROGRESS,
        started_at=rest.started_at if rest.started_at is not None else now,
        reason=None,
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
