"""The end of a task: what is asked back from the busiest for idle workers, and what is copied. Pure.

Asked is half (rounded up) of what the shard that ends last has not begun. Copied is what has run for longer
than 40 times what an item takes, only of tasks that say that their items may run twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from app.models.ledger import Ledger, Shard
from app.models.node import Held
from app.models.ranges import size, take
from app.services.planning import WorkerView, is_blocked
from app.services.rates import RatesOf, TaskRates
from app.services.workload import BeatView

WORTH_ASKING_SECONDS = 0.1
ANSWER_SECONDS = 2.5
COPY_AFTER = 40.0
COPY_AFTER_SECONDS = 1.0
COPY_BESIDE = 4.0
COPY_AGAIN_SECONDS = 4.0


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Ask the holder of a shard for what it has not begun from item `start` on."""

    task_id: str
    shard_id: str
    holder: str
    start: int


@dataclass(frozen=True, kw_only=True)
class Copy:
    """Offer a shard whose items all run to one more worker."""

    task_id: str
    shard_id: str
    worker: str


@dataclass(frozen=True, kw_only=True)
class _Claim:
    """A shard with one holder that beats, and what its beat says of the shard, if it does already."""

    ledger: Ledger
    shard_id: str
    shard: Shard
    holder: BeatView

    @property
    def worker(self) -> str:
        return self.holder.beat.worker

    @property
    def slots(self) -> int:
        return max(1, self.holder.beat.slots)

    @property
    def held(self) -> Held | None:
        return next((held for held in self.holder.beat.held if held.shard_id == self.shard_id), None)


def _claims(ledgers: Iterable[Ledger], beats: Mapping[str, BeatView]) -> Iterator[_Claim]:
    for ledger in ledgers:
        if ledger.paused or ledger.ending is not None:
            continue
        for shard_id, shard in ledger.shards.items():
            worker = next(iter(shard.holders), "")
            if len(shard.holders) == 1 and worker in beats:
                yield _Claim(ledger=ledger, shard_id=shard_id, shard=shard, holder=beats[worker])


# asking back


@dataclass(frozen=True, kw_only=True)
class _Backlog:
    """What of a claim has not begun, by estimate, and how long it will take its worker."""

    claim: _Claim
    items: int
    seconds: float


def asks(
    ledgers: Sequence[Ledger],
    beats: Mapping[str, BeatView],
    *,
    idle: Mapping[str, int],
    rates_of: RatesOf,
    now: float,
) -> list[Ask]:
    """For workers with so many `idle` slots, which found nothing to plan. Times are the store's."""
    by_worker: dict[str, list[_Backlog]] = {}
    wanted = sum(idle.values())
    for claim in _claims(ledgers, beats) if wanted > 0 else ():
        wanted -= _on_its_way(claim.shard, now=now)
        backlog = _backlog(claim, rates_of(claim.ledger.task_id), now=now)
        if backlog.items and claim.worker not in idle:
            by_worker.setdefault(claim.worker, []).append(backlog)
    chosen: list[Ask] = []
    busiest = sorted(by_worker.values(), key=_seconds, reverse=True)
    for backlogs in busiest:
        last = max(backlogs, key=lambda backlog: backlog.seconds)
        if wanted <= 0:
            break
        if _on_its_way(last.claim.shard, now=now):
            continue
        if not _is_worth_it(backlogs, last, idle=idle, beats=beats, rates_of=rates_of):
            continue
        count = ceil(last.items / 2)
        wanted -= count
        chosen.append(_ask(last.claim, count))
    return chosen


def _seconds(backlogs: Sequence[_Backlog]) -> float:
    """How long a worker will be busy before it begins its last item."""
    return (backlogs[0].claim.holder.next_free or 0.0) + sum(backlog.seconds for backlog in backlogs)


def _is_worth_it(
    backlogs: Sequence[_Backlog],
    last: _Backlog,
    *,
    idle: Iterable[str],
    beats: Mapping[str, BeatView],
    rates_of: RatesOf,
) -> bool:
    """Whether an idle worker will have ended such an item before this worker has."""
    gain = _seconds(backlogs)
    rates = rates_of(last.claim.ledger.task_id)
    if rates is not None:
        there = min(_item_seconds(rates, worker, slots=beats[worker].beat.slots) for worker in idle)
        gain += _item_seconds(rates, last.claim.worker, slots=last.claim.slots) - there
    return gain >= WORTH_ASKING_SECONDS


def _item_seconds(rates: TaskRates, worker: str, *, slots: int) -> float:
    return max(1, slots) / rates.of(worker, slots=max(1, slots))


def _backlog(claim: _Claim, rates: TaskRates | None, *, now: float) -> _Backlog:
    """By the rate, but running items may tell that they take longer; half of what the beat named still waits.

    In a list that is sorted the rate was measured where items are short: by it alone all would have begun.
    """
    slots, remaining = claim.slots, size(claim.shard.spans)
    per_item = 1 / rates.of(claim.worker, slots=slots) if rates is not None else 0.0
    held = claim.held
    if held is not None:
        items, since = min(held.not_begun, remaining), claim.holder.beat.at
        per_item = max(per_item, held.oldest_seconds / max(slots, held.running))
    else:
        items, since = remaining - slots, claim.shard.holders[claim.worker]
    begun = max(0.0, now - since) / per_item if per_item else 0.0
    items = max(0, ceil(items / 2), int(items - begun))
    return _Backlog(claim=claim, items=items, seconds=items * per_item)


def _on_its_way(shard: Shard, *, now: float) -> int:
    """How many items it has been asked for and has still: after a while they have all begun there."""
    if shard.asked_from is None or abs(now - shard.asked_at) > ANSWER_SECONDS:
        return 0
    return sum(max(0, stop - max(start, shard.asked_from)) for start, stop in shard.spans)


def _ask(claim: _Claim, count: int) -> Ask:
    _, back = take(claim.shard.spans, size(claim.shard.spans) - count)
    return Ask(
        task_id=claim.ledger.task_id,
        shard_id=claim.shard_id,
        holder=claim.worker,
        start=back[0][0],
    )


# copies


def copies(
    ledgers: Iterable[Ledger],
    beats: Mapping[str, BeatView],
    *,
    workers: Sequence[WorkerView],
    rates_of: RatesOf,
    now: float,
) -> tuple[list[Ask], list[Copy]]:
    """What to copy of tasks with nothing left to plan, and what else has to leave those shards before."""
    asked: list[Ask] = []
    offered: list[Copy] = []
    may_run_twice = [ledger for ledger in ledgers if ledger.idempotent and not ledger.pool_items]
    for claim in _claims(may_run_twice, beats):
        rates, held = rates_of(claim.ledger.task_id), claim.held
        since = now - claim.holder.beat.at
        if rates is None or held is None or not _runs_too_long(held, rates, since=since):
            continue
        if held.not_begun and size(claim.shard.spans) > held.running:
            if not claim.shard.invited and not _on_its_way(claim.shard, now=now):
                asked.append(_ask(claim, size(claim.shard.spans)))
        elif (
            not held.not_begun
            and _is_alone(claim.shard, held, rates, since=since)
            and not _is_offered(claim.shard, now=now)
        ):
            worker = _best(workers, but={claim.worker, *claim.shard.invited})
            if worker is not None:
                offered.append(Copy(task_id=claim.ledger.task_id, shard_id=claim.shard_id, worker=worker))
    return asked, offered


def _runs_too_long(held: Held, rates: TaskRates, *, since: float) -> bool:
    limit = max(COPY_AFTER_SECONDS, COPY_AFTER / rates.by_slot)
    return held.running > 0 and held.oldest_seconds + since >= limit


def _is_alone(shard: Shard, held: Held, rates: TaskRates, *, since: float) -> bool:
    """Whether the shard is just those items that the beat told of, and all of them run for unusually long."""
    return size(shard.spans) == held.running and held.youngest_seconds + since >= COPY_BESIDE / rates.by_slot


def _is_offered(shard: Shard, *, now: float) -> bool:
    return bool(shard.invited) and abs(now - shard.offered_at) < COPY_AGAIN_SECONDS


def _best(workers: Sequence[WorkerView], *, but: set[str]) -> str | None:
    """A worker where it begins at once, or else soon; nobody where all slots are busy with long items."""
    others = [view for view in workers if view.worker not in but and not is_blocked(view)]
    return min(others, key=lambda view: (view.load / view.slots, view.worker)).worker if others else None
