"""What tasks and workers look like to the planner, from ledgers, beats, and what was told since. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.models.ledger import Ledger, Shard
from app.models.node import Beat, Held
from app.models.ranges import size
from app.services.planning import TaskView, WorkerView

OUTLIER = 2.0


@dataclass(frozen=True, kw_only=True)
class Idle:
    """A worker told, at a time of the store, how many of its slots have nothing to do."""

    slots: int
    at: float


def task_view(ledger: Ledger, *, can_plan: bool, served: float) -> TaskView:
    suspects = [size(piece.spans) for piece in ledger.pool if piece.suspect] if can_plan else []
    return TaskView(
        task_id=ledger.task_id,
        waiting=ledger.pool_items - sum(suspects) if can_plan else 0,
        items_total=ledger.items_total,
        priority=ledger.priority,
        served=served,
        created_at=ledger.created_at,
        held=_held(ledger, suspect=False),
        suspects=suspects,
        suspects_held=_held(ledger, suspect=True),
    )


def _held(ledger: Ledger, *, suspect: bool) -> Counter[str]:
    """How many such shards each worker claimed, or, unclaimed, was offered last."""
    shards = [shard for shard in ledger.shards.values() if shard.suspect is suspect]
    return Counter(worker for shard in shards for worker in holders(shard))


def holders(shard: Shard) -> Iterable[str]:
    """The workers whose room it takes."""
    return shard.holders or (shard.worker,)


def worker_views(
    beats: Iterable[Beat], ledgers: Iterable[Ledger], *, idle: Mapping[str, Idle]
) -> list[WorkerView]:
    """What workers have told after their last beat counts more than that beat."""
    known = {beat.worker: beat for beat in beats}
    fresh = {worker: told for worker, told in idle.items() if worker in known and told.at >= known[worker].at}
    load = {worker: known[worker].slots - told.slots for worker, told in fresh.items()}
    named = {
        (held.shard_id, beat.worker): held.not_begun + held.running
        for beat in known.values()
        for held in beat.held
    }
    for ledger in ledgers:
        for shard_id, shard in ledger.shards.items():
            items = size(shard.spans)
            for worker in holders(shard):
                told = fresh.get(worker)
                if told is None or not shard.holders or shard.holders[worker] > told.at:
                    load[worker] = load.get(worker, 0) + min(items, named.get((shard_id, worker), items))
    return [
        WorkerView(
            worker=beat.worker,
            slots=max(1, beat.slots),
            rates=beat.rates,
            load=load.get(beat.worker, 0),
            next_free=next_free(beat),
        )
        for beat in known.values()
    ]


def next_free(beat: Beat) -> float | None:
    """In how many seconds one of its busy slots is likely to be free; None where there is no telling."""
    likely = [_next_end(held, beat) for held in beat.held if held.running]
    return min((seconds for seconds in likely if seconds is not None), default=None)


def _next_end(held: Held, beat: Beat) -> float | None:
    """By the time of an item; what has run for much longer than that, as long again."""
    rate = beat.rates.get(held.task_id)
    if not rate:
        return held.youngest_seconds or None
    item = beat.slots / rate
    return held.youngest_seconds if held.youngest_seconds > OUTLIER * item else item / held.running
