"""What tasks and workers look like to the planner, from ledgers, beats, and what was told since. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True, kw_only=True)
class BeatView:
    """A beat, how many items of each shard it says are here, and in how many seconds a busy slot is free."""

    beat: Beat
    items: Mapping[str, int]
    next_free: float | None


class BeatViews:
    """Looks at each beat once: between two beats of a worker there may be many rounds of planning."""

    def __init__(self) -> None:
        self._known: dict[str, BeatView] = {}

    def of(self, beats: Mapping[str, Beat]) -> Mapping[str, BeatView]:
        known = self._known
        self._known = {
            worker: known[worker]
            if worker in known and known[worker].beat.at == beat.at
            else BeatView(
                beat=beat,
                items={held.shard_id: held.not_begun + held.running for held in beat.held},
                next_free=next_free(beat),
            )
            for worker, beat in beats.items()
        }
        return self._known


@dataclass(kw_only=True)
class Survey:
    """What is out: by task how many shards each worker has, suspects apart, and by worker how many items."""

    held: dict[str, dict[str, int]] = field(default_factory=dict)
    suspects_held: dict[str, dict[str, int]] = field(default_factory=dict)
    load: dict[str, int] = field(default_factory=dict)


def survey(ledgers: Iterable[Ledger], beats: Mapping[str, BeatView], *, idle: Mapping[str, Idle]) -> Survey:
    """A shard counts for those who claimed it, else for the one it was offered last.

    What a worker has told after its last beat counts more than that beat.
    """
    told_at = {
        name: told.at for name, told in idle.items() if name in beats and told.at >= beats[name].beat.at
    }
    load = {name: max(1, beats[name].beat.slots) - idle[name].slots for name in told_at}
    found = Survey(load=load)
    for ledger in ledgers:
        held = found.held[ledger.task_id] = {}
        suspects = found.suspects_held[ledger.task_id] = {}
        for shard_id, shard in ledger.shards.items():
            count = suspects if shard.suspect else held
            if not shard.holders:
                count[shard.worker] = count.get(shard.worker, 0) + 1
                load[shard.worker] = load.get(shard.worker, 0) + size(shard.spans)
            for name, at in shard.holders.items():
                count[name] = count.get(name, 0) + 1
                if name in beats and not (name in told_at and at <= told_at[name]):
                    load[name] = load.get(name, 0) + _items_here(shard_id, shard, beats[name])
    return found


def _items_here(shard_id: str, shard: Shard, view: BeatView) -> int:
    """How many of them run or wait at a holder, as far as it has said."""
    items, known = size(shard.spans), view.items.get(shard_id)
    return items if known is None or known > items else known


def task_view(ledger: Ledger, *, out: Survey, can_plan: bool, served: float) -> TaskView:
    suspects = [size(piece.spans) for piece in ledger.pool if piece.suspect] if can_plan else []
    return TaskView(
        task_id=ledger.task_id,
        waiting=ledger.pool_items - sum(suspects) if can_plan else 0,
        items_total=ledger.items_total,
        priority=ledger.priority,
        served=served,
        created_at=ledger.created_at,
        held=out.held[ledger.task_id],
        suspects=suspects,
        suspects_held=out.suspects_held[ledger.task_id],
    )


def worker_view(known: BeatView, *, out: Survey) -> WorkerView:
    beat = known.beat
    return WorkerView(
        worker=beat.worker,
        slots=max(1, beat.slots),
        load=out.load.get(beat.worker, 0),
        next_free=known.next_free,
    )


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
