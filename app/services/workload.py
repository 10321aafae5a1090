"""What tasks and workers look like to the planner, from ledgers, beats, and what was told since. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from app.models.ledger import Ledger, Shard
from app.models.node import Beat
from app.models.node import Held as HeldShard
from app.models.ranges import size
from app.services.planning import TaskView, WorkerView

OUTLIER = 2.0


@dataclass(frozen=True, kw_only=True)
class Idle:
    """A worker told, at a time of the store, how many of its slots have nothing to do."""

    slots: int
    at: float


@dataclass(frozen=True, kw_only=True)
class BeatView:
    """A beat: how many items of each shard it says are here, whether a slot has nothing to do, and in how
    many seconds a busy one is free."""

    beat: Beat
    items: Mapping[str, int]
    has_idle: bool
    next_free: float | None


class BeatViews:
    """Looks at each beat once: between two beats of a worker there may be many rounds of planning."""

    def __init__(self) -> None:
        self._known: dict[str, BeatView] = {}

    def of(self, beats: Mapping[str, Beat]) -> Mapping[str, BeatView]:
        known = self._known
        self._known = {
            worker: known[worker] if worker in known and known[worker].beat.at == beat.at else view_of(beat)
            for worker, beat in beats.items()
        }
        return self._known


def view_of(beat: Beat) -> BeatView:
    items = {held.shard_id: held.not_begun + held.running for held in beat.held}
    return BeatView(
        beat=beat, items=items, has_idle=sum(items.values()) < beat.slots, next_free=next_free(beat)
    )


@dataclass(frozen=True, kw_only=True)
class Held:
    """By task, how many shards each worker has; those that hold suspects apart."""

    usual: Mapping[str, Mapping[str, int]]
    suspects: Mapping[str, Mapping[str, int]]


def held_by_task(ledgers: Iterable[Ledger]) -> Held:
    """A shard counts for those who claimed it, else for the one it was offered last."""
    usual: dict[str, dict[str, int]] = {}
    suspects: dict[str, dict[str, int]] = {}
    for ledger in ledgers:
        counts: tuple[dict[str, int], dict[str, int]] = ({}, {})
        usual[ledger.task_id], suspects[ledger.task_id] = counts
        for shard in ledger.shards.values():
            count = counts[shard.suspect]
            for name in shard.holders or (shard.worker,):
                count[name] = count.get(name, 0) + 1
    return Held(usual=usual, suspects=suspects)


def loads(
    ledgers: Iterable[Ledger], beats: Mapping[str, BeatView], *, idle: Mapping[str, Idle]
) -> dict[str, int]:
    """How many items run or wait at each of these workers.

    What a worker has told after its last beat counts more than that beat.
    """
    told = {name: idle[name] for name in beats if name in idle and idle[name].at >= beats[name].beat.at}
    load = {name: view.beat.slots - told[name].slots if name in told else 0 for name, view in beats.items()}
    for ledger in ledgers:
        for shard_id, shard in ledger.shards.items():
            for name in shard.holders or (shard.worker,):
                if name in load:
                    claimed_at = shard.holders.get(name, inf)
                    if name not in told or claimed_at > told[name].at:
                        load[name] += _items_here(shard_id, shard, beats[name])
    return load


def _items_here(shard_id: str, shard: Shard, view: BeatView) -> int:
    """How many of them run or wait at a holder, as far as it has said."""
    items = size(shard.spans)
    return min(items, view.items.get(shard_id, items))


def task_view(ledger: Ledger, *, held: Held, can_plan: bool, served: float) -> TaskView:
    suspects = [size(piece.spans) for piece in ledger.pool if piece.suspect] if can_plan else []
    return TaskView(
        task_id=ledger.task_id,
        waiting=ledger.pool_items - sum(suspects) if can_plan else 0,
        items_total=ledger.items_total,
        priority=ledger.priority,
        served=served,
        created_at=ledger.created_at,
        held=held.usual[ledger.task_id],
        suspects=suspects,
        suspects_held=held.suspects[ledger.task_id],
    )


def worker_view(known: BeatView, *, load: int) -> WorkerView:
    beat = known.beat
    return WorkerView(worker=beat.worker, slots=max(1, beat.slots), load=load, next_free=known.next_free)


def next_free(beat: Beat) -> float | None:
    """In how many seconds one of its busy slots is likely to be free; None where there is no telling."""
    likely = [_next_end(held, beat) for held in beat.held if held.running]
    return min((seconds for seconds in likely if seconds is not None), default=None)


def _next_end(held: HeldShard, beat: Beat) -> float | None:
    """By the time of an item; what has run for much longer than that, as long again."""
    rate = beat.rates.get(held.task_id)
    if not rate:
        return held.youngest_seconds or None
    item = beat.slots / rate
    return held.youngest_seconds if held.youngest_seconds > OUTLIER * item else item / held.running
