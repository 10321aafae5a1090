"""record: what a worker did with its shard, counted only where it still remains there."""

import msgspec

from app.models.ledger import Ledger, Piece, Shard
from app.models.ranges import EMPTY, Spans, intersect, size, spans_of, subtract
from app.protocol.decision import Decision, Effects, Entry
from app.protocol.ending import returned, settled


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One record call. `failed` lies within `done`; `block` holds the results of `done`, under a random
    `block_id`; `given_back` has not begun. `repeated`: an earlier call of this report was not answered."""

    done: Spans = EMPTY
    failed: Spans = EMPTY
    given_back: Spans = EMPTY
    block_id: str = ""
    block: bytes = b""
    repeated: bool = False


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """`known` is false where the shard is gone, or another's: nothing of it may go on. `ended`: the task."""

    known: bool
    accepted: int = 0
    remaining: int = 0
    ended: bool = False


def record(
    ledger: Ledger | None, *, shard_id: str, worker: str, report: Report, now: float
) -> Decision[Recorded]:
    """Counts `done` and `given_back` where they remain. A shard with nothing left is done: one chunk more.

    An unclaimed shard is adopted: after a rollback of the store the worker that runs it still has it.
    One of two holders that returns all that is left leaves it to the other, which has all of it in hand.
    """
    shard = ledger.shards.get(shard_id) if ledger is not None else None
    if ledger is None or shard is None or (shard.holders and worker not in shard.holders):
        return _refused(report)
    done = intersect(report.done, shard.spans)
    failed = intersect(report.failed, done)
    left = subtract(shard.spans, done)
    back = _back(report, left)
    leaves = len(shard.holders) > 1 and bool(left) and back == left
    if leaves:
        back = EMPTY
    left = subtract(left, back)
    after = ledger.evolve(
        shards=_shards_after(
            ledger, shard_id, shard, left=left, holders=_holders_after(shard, worker, leaves=leaves, now=now)
        ),
        executed=ledger.executed + (0 if left else 1),
        succeeded=ledger.succeeded + size(done) - size(failed),
        failed=ledger.failed + size(failed),
    )
    piece = Piece(spans=back, attempt=shard.attempt, suspect=shard.suspect, deaths=shard.deaths)
    after, cancelled = returned(after, piece)
    after, ended = settled(after, now=now)
    effects = Effects(
        counts=_counts(
            done=size(done),
            failed=size(failed),
            cancelled=size(cancelled),
            refused=_refused_items(report, done),
        )
        | ended,
        block=(report.block_id, report.block) if done else None,
        entries=tuple(Entry(start=a, stop=b, run=ledger.run, block=report.block_id) for a, b in done),
        redo=spans_of((*failed, *cancelled)),
    )
    answer = Recorded(known=True, accepted=size(done), remaining=size(left), ended=after.state.is_terminal)
    return Decision(answer=answer, after=after, effects=effects)


def _back(report: Report, left: Spans) -> Spans:
    """What is returned where it still remains: a repeated call finds it gone, and perhaps run by another."""
    return intersect(report.given_back, left)


def _holders_after(shard: Shard, worker: str, *, leaves: bool, now: float) -> dict[str, float]:
    if leaves:
        return {holder: at for holder, at in shard.holders.items() if holder != worker}
    return {**shard.holders, worker: now}


def _shards_after(
    ledger: Ledger, shard_id: str, shard: Shard, *, left: Spans, holders: dict[str, float]
) -> dict[str, Shard]:
    others = {name: other for name, other in ledger.shards.items() if name != shard_id}
    if not left:
        return others
    kept = msgspec.structs.replace(shard, spans=left, holders=holders)
    return {**others, shard_id: kept}


def _refused(report: Report) -> Decision[Recorded]:
    refused = 0 if report.repeated else size(report.done)
    return Decision(answer=Recorded(known=False), effects=Effects(counts=_counts(refused=refused)))


def _refused_items(report: Report, accepted: Spans) -> int:
    return 0 if report.repeated else size(report.done) - size(accepted)


def _counts(*, done: int = 0, failed: int = 0, cancelled: int = 0, refused: int = 0) -> dict[str, int]:
    counts = {
        "items_succeeded": done - failed,
        "items_failed": failed,
        "items_cancelled": cancelled,
        "results_refused": refused,
    }
    return {name: count for name, count in counts.items() if count}
