"""Breaks 3 and 4 of the protocol: a record counts only what still remains, range by range."""

from collections.abc import Callable

import pytest

from app.errors import StoreUnavailable
from app.models.ranges import EMPTY, Spans
from app.models.task import TaskState
from app.protocol.record import Report
from app.repositories.operations import Operations
from app.repositories.ports import Store
from tests.contract.store.trial import Trial
from tests.lossy_store import LossyStore

Make = Callable[[int], Trial]


def a_report(
    block_id: str, done: Spans, *, failed: Spans = EMPTY, given_back: Spans = EMPTY, repeated: bool = False
) -> Report:
    block = f"results of {block_id}".encode()
    return Report(
        done=done, failed=failed, given_back=given_back, block_id=block_id, block=block, repeated=repeated
    )


def unheard(trial: Trial, shard_id: str, report: Report, *, worker: str) -> None:
    """Records, and the reply is lost."""
    lossy = LossyStore(trial.store)
    lossy.lose_reply("commit")
    with pytest.raises(StoreUnavailable):
        Operations(lossy.as_store).record(trial.task_id, shard_id, worker=worker, report=report)


def test_ranges_returned_again_after_a_lost_reply_are_not_twice_in_the_pool(a_task: Make) -> None:
    """Break 3: A returns [8,16), the reply is lost, B runs it, A's retry returns it again."""
    trial = a_task(24)
    shard_id, spans = trial.hold(16, worker="a")
    assert spans == ((0, 16),)
    returning = a_report("a1", ((0, 4),), given_back=((8, 16),))
    unheard(trial, shard_id, returning, worker="a")
    other, spans = trial.hold(8, worker="b")
    assert spans == ((8, 16),)
    trial.record(other, spans, worker="b")

    again = trial.operations.record(trial.task_id, shard_id, worker="a", report=returning)

    assert (again.known, again.accepted, again.remaining) == (True, 0, 4)
    assert trial.ledger.pool == ()
    assert trial.balances()
    trial.record(shard_id, ((4, 8),), worker="a")
    trial.finish()
    assert (trial.ledger.succeeded, trial.is_in(TaskState.COMPLETED)) == (24, True)


def test_ranges_returned_again_while_another_holds_them_stay_with_it(a_task: Make) -> None:
    """Break 3: the retry comes while B still runs what A returned."""
    trial = a_task(16)
    shard_id, _ = trial.hold(16, worker="a")
    returning = a_report("a1", ((0, 4),), given_back=((8, 16),))
    unheard(trial, shard_id, returning, worker="a")
    other, spans = trial.hold(8, worker="b")

    trial.operations.record(trial.task_id, shard_id, worker="a", report=returning)

    assert trial.ledger.shards[other].spans == spans == ((8, 16),)
    assert trial.ledger.pool_items == 0
    assert trial.balances()


def test_items_both_done_and_returned_are_counted_as_done(a_task: Make) -> None:
    """Break 3: done and returned overlap, in the pool and done at once."""
    trial = a_task(10)
    shard_id, _ = trial.hold(10)

    trial.record(shard_id, ((0, 6),), given_back=((4, 10),))

    assert (trial.ledger.succeeded, trial.ledger.pool_items) == (6, 4)
    assert trial.balances()


def test_a_call_that_says_more_than_one_before_it_counts_the_difference_only(
    a_task: Make, store: Store
) -> None:
    """Break 4: [0,5) applied, the reply lost, the retry says [0,8)."""
    trial = a_task(12)
    shard_id, _ = trial.hold(12)
    unheard(trial, shard_id, a_report("first", ((0, 5),), failed=((1, 2),)), worker="w")

    again = trial.operations.record(
        trial.task_id,
        shard_id,
        worker="w",
        report=a_report("second", ((0, 8),), failed=((1, 3), (6, 7))),
    )

    assert (again.accepted, again.remaining) == (3, 4)
    assert (trial.ledger.succeeded, trial.ledger.failed) == (6, 2)
    entries = store.entries(trial.task_id, start=0, limit=100)
    assert [(entry.start, entry.stop, entry.block) for entry in entries] == [
        (0, 5, "first"),
        (5, 8, "second"),
    ]


def test_a_block_of_which_nothing_was_accepted_is_not_stored(a_task: Make, store: Store) -> None:
    """Break 4: "a block nothing of which was accepted is not stored"."""
    trial = a_task(12)
    shard_id, _ = trial.hold(12)
    unheard(trial, shard_id, a_report("first", ((0, 5),)), worker="w")

    trial.operations.record(
        trial.task_id, shard_id, worker="w", report=a_report("second", ((0, 5),), repeated=True)
    )

    assert store.block(trial.task_id, "first") == b"results of first"
    assert store.block(trial.task_id, "second") is None
    assert trial.ledger.succeeded == 5


def test_each_accepted_part_of_a_call_points_to_its_block(a_task: Make, store: Store) -> None:
    """Break 4: "the result index stores, for each accepted sub-range, the block it lies in"."""
    trial = a_task(12)
    shard_id, _ = trial.hold(12)
    trial.record(shard_id, ((2, 4), (7, 8)))

    trial.operations.record(trial.task_id, shard_id, worker="w", report=a_report("all", ((0, 12),)))

    mine = [
        (entry.start, entry.stop)
        for entry in store.entries(trial.task_id, start=0, limit=100)
        if entry.block == "all"
    ]
    assert mine == [(0, 2), (4, 7), (8, 12)]
    assert trial.is_in(TaskState.COMPLETED)


def test_a_repeated_report_is_no_refusal_for_the_metrics(a_task: Make, store: Store) -> None:
    """Break 4: results are refused where something was refused, not where an answer was lost."""
    trial = a_task(6)
    shard_id, _ = trial.hold(6)
    trial.record(shard_id, ((0, 6),))
    before = store.counts().get("results_refused", 0)

    trial.record(shard_id, ((0, 6),), repeated=True)
    repeated = store.counts().get("results_refused", 0)
    trial.record(shard_id, ((0, 6),))

    assert repeated == before
    assert store.counts().get("results_refused", 0) == before + 6


def test_ranges_outside_the_shard_do_not_count(a_task: Make) -> None:
    """Break 3: "done, failed and returned ranges count only where they still remain in the shard"."""
    trial = a_task(30)
    shard_id, _ = trial.hold(10)

    answer = trial.record(shard_id, ((5, 20),), failed=((0, 30),), given_back=((8, 30),))

    assert (answer.accepted, answer.remaining) == (5, 5)
    assert (trial.ledger.failed, trial.ledger.succeeded, trial.ledger.pool_items) == (5, 0, 20)
    assert trial.balances()
