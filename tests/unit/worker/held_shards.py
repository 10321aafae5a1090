"""Shards in a worker's hands, and the ledgers that speak of them, in few words."""

from collections.abc import Sequence

from app.models.ledger import Ledger, Shard
from app.models.ranges import Spans, indexes
from app.models.result import ItemResult, Outcome
from app.models.task import TaskState
from app.protocol.claim import Claimed
from app.protocol.record import Recorded
from app.support.ids import new_id
from worker.holding import Work
from worker.holdings import Holdings

ENDED = Recorded(known=True)


def holdings(*, slots: int = 1) -> Holdings:
    return Holdings(slots=slots, new_id=new_id)


def hold(
    held: Holdings,
    shard_id: str,
    spans: Spans,
    *,
    task_id: str = "t",
    priority: int = 0,
    attempt: int = 1,
    alone: bool = False,
    now: float = 0.0,
) -> None:
    shard = Shard(spans=spans, worker="w", offered_at=0.0, holders={"w": 0.0}, attempt=attempt)
    items = [f"item-{index}" for index in indexes(spans)]
    held.add(task_id, shard_id, Claimed(shard=shard, alone=alone), items=items, priority=priority, now=now)


def end(held: Holdings, *works: Work, outcome: Outcome = Outcome.OK, stdout: bytes = b"") -> None:
    for work in works:
        held.finished(work.shard_id, ItemResult(index=work.index, outcome=outcome, stdout=stdout))


def ledger(
    *shard_ids: str,
    holder: str | None = "w",
    ending: TaskState | None = None,
    paused: bool = False,
) -> Ledger:
    holders = {} if holder is None else {holder: 0.0}
    shard = Shard(spans=((0, 1),), worker="w", offered_at=0.0, holders=holders)
    return Ledger(
        task_id="t",
        items_total=99,
        created_at=0.0,
        stop=99,
        waiting=0,
        shards=dict.fromkeys(shard_ids, shard),
        ending=ending,
        paused=paused,
    )


def look(held: Holdings, found: Ledger | None) -> tuple[list[str], list[str]]:
    seen = held.look({} if found is None else {"t": found}, worker="w", asked=list(held.shards()))
    assert not seen.taken_over
    return seen.gone, seen.ending


def indexes_of(works: Sequence[Work]) -> list[int]:
    return [work.index for work in works]


def batch(held: Holdings, *, of: int) -> list[Work]:
    """Items that one slot took in advance."""
    held.spent("t", seconds=0.01, items=100)
    works = held.take(now=0.0, seconds=1.0, most=of)
    assert len(works) == of
    return works


def finish_all(held: Holdings, shard_id: str) -> None:
    """Runs and records the one shard that holds items of its task."""
    while works := [w for w in held.take(now=0.0) if w.shard_id == shard_id]:
        end(held, *works)
    assert held.report(shard_id) is not None
    assert held.answered(shard_id, ENDED, now=0.0)
