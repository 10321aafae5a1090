"""What must hold: of every ledger that is written, and of a whole run when it is over."""

from collections import Counter

from app.models.ledger import Ledger
from app.models.ranges import indexes
from app.models.result import Outcome
from app.models.task import LEGAL_MOVES, TaskState
from app.models.wire import unpack_results
from app.repositories.memory import MemoryStore
from app.services.balancing import COPY_AFTER_SECONDS
from tests.simulation.client import Order
from tests.simulation.journal import Journal

MOST_POISON_DEATHS = 14


class Violation(AssertionError):
    """A promise was broken."""


def demand(holds: bool, what: str, about: object = "") -> None:  # noqa: FBT001 - reads like assert
    if not holds:
        raise Violation(f"{what} {about}")


def check_ledger(before: Ledger | None, after: Ledger) -> None:
    """P3 of one ledger: sums, disjoint ranges, terminal means empty, chunks, legal moves."""
    counted = after.succeeded + after.failed + after.cancelled
    spans = [span for piece in after.pool for span in piece.spans]
    spans += [span for shard in after.shards.values() for span in shard.spans]
    out, end = 0, 0
    for start, stop in sorted(spans):
        demand(end <= start < stop, "an item is out twice, or a range is empty", after)
        out, end = out + stop - start, stop
    if after.run == 1 and after.waiting:
        demand(end <= after.cursor, "an item waits and is out", after)
    demand(min(after.succeeded, after.failed, after.cancelled, after.waiting) >= 0, "negative", after)
    demand(counted + out + after.waiting == after.items_total, "sum is wrong", after)
    is_empty = not (after.waiting or after.shards or after.pool)
    demand((after.executed == after.chunks_to_execute) == is_empty, "chunks", after)
    if after.state.is_terminal:
        demand(is_empty, "ended with work", after)
    if before is not None and before.state is not after.state:
        demand(after.state in LEGAL_MOVES[before.state], "illegal move from", (before.state, after))


def check_copies(before: Ledger | None, after: Ledger, journal: Journal, *, now: float) -> None:
    """A second worker is invited only to items that have all begun, one of them a second ago or more."""
    known = before.shards if before is not None else {}
    for shard_id, shard in after.shards.items():
        if shard.holders and shard.invited and not (shard_id in known and known[shard_id].invited):
            items = [(after.task_id, index) for index in indexes(shard.spans)]
            begun = [min((at for _, at, _ in journal.starts.get(item, ())), default=now) for item in items]
            demand(all(at < now for at in begun), "a copy of what has not begun", shard)
            demand(min(begun) <= now - COPY_AFTER_SECONDS, "a copy of what has just begun", shard)


def check_end(order: Order, store: MemoryStore, journal: Journal) -> None:
    """P2, P4 and P6 of one task that has ended."""
    stored = store.load(order.task_id)
    demand(stored is not None, f"{order.task_id} is unknown")
    assert stored is not None
    ledger = stored.ledger
    demand(ledger.state.is_terminal, f"{order.task_id} has not ended: {ledger}")
    outcomes = current_outcomes(store, ledger)
    told = Counter("ok" if outcome is Outcome.OK else "failed" for outcome in outcomes.values())
    demand(told["ok"] == ledger.succeeded, f"{told} results, but {ledger}")
    demand(told["failed"] == ledger.failed, f"{told} results, but {ledger}")
    if ledger.state is not TaskState.CANCELLED:
        demand(len(outcomes) == ledger.items_total, f"{len(outcomes)} results of {ledger.items_total} items")
    for index, outcome in outcomes.items():
        kind = order.items[index].split()[0]
        allowed = {
            "ok": {Outcome.OK},
            "fail": {Outcome.FAILED},
            "once": {Outcome.OK, Outcome.FAILED},
            "hang": {Outcome.OK},
            "poison": {Outcome.LOST},
        }[kind]
        demand(outcome in allowed, f"item {index} ({kind}) of {order.task_id} is {outcome}")
    for index in outcomes:
        if outcomes[index] is not Outcome.LOST:
            demand((order.task_id, index) in journal.starts, f"item {index} has a result but never ran")


def current_outcomes(store: MemoryStore, ledger: Ledger) -> dict[int, Outcome]:
    """The outcome of each item by the result index. Raises Violation where a run has two of one item (P4)."""
    newest: dict[int, tuple[int, Outcome]] = {}
    seen: set[tuple[int, int]] = set()
    for entry in store.entries(ledger.task_id, start=0, limit=1 << 30):
        by_index = {}
        if entry.block is not None:
            block = store.block(ledger.task_id, entry.block)
            demand(block is not None, f"block {entry.block} is missing")
            by_index = {result.index: result.outcome for result in unpack_results(block or b"")}
        for index in range(entry.start, entry.stop):
            demand((entry.run, index) not in seen, f"two results of item {index} in run {entry.run}")
            seen.add((entry.run, index))
            outcome = entry.outcome if entry.block is None else by_index.get(index)
            demand(outcome is not None, f"item {index} is not in its block")
            assert outcome is not None
            if entry.run >= newest.get(index, (0, outcome))[0]:
                newest[index] = (entry.run, outcome)
    return {
        index: outcome
        for index, (run, outcome) in newest.items()
        if run == ledger.run or outcome is Outcome.OK
    }


def check_no_second_runs(order: Order, journal: Journal) -> None:
    """P2 where nothing excuses a second run: an item starts once in each run of the task.

    Of tasks that say that items may run twice, those that ran for long may have been copied.
    """
    if order.idempotent:
        return
    for index in range(len(order.items)):
        starts = journal.starts.get((order.task_id, index), [])
        per_attempt = Counter(attempt for _, _, attempt in starts)
        demand(
            max(per_attempt.values(), default=0) <= 1, f"item {index} of {order.task_id} ran twice: {starts}"
        )
        demand(max(per_attempt, default=1) <= 1 + order.retries, f"item {index} was begun again: {starts}")


def check_store_is_clean(store: MemoryStore, orders: list[Order]) -> None:
    demand(store.unfinished() == [], "tasks are still listed as unfinished")
    demand(store.outstanding() == [], "shards are still out")
    for order in orders:
        stored = store.load(order.task_id)
        demand(stored is not None, f"{order.task_id} is gone")
