"""Copies: two holders of one shard, the first to record an item wins, and no item is left to nobody."""

from collections.abc import Callable

import msgspec
import pytest

from app.models.ranges import Spans
from app.models.task import TaskState
from app.protocol.claim import Claimed, Refusal
from app.repositories.ports import Store
from tests.contract.store.trial import Trial
from tests.stage import Stage, StagedWorker

Make = Callable[[int], Trial]


@pytest.fixture
def copied(store: Store) -> tuple[Trial, str]:
    """A shard of four items, all in the hands of `a` and of `b`."""
    trial = Trial(store, items=4)
    trial.spec = msgspec.structs.replace(trial.spec, idempotent=True)
    trial.submit()
    shard_id, _ = trial.hold(4, worker="a")
    invite(trial, shard_id, "b")
    trial.claim(shard_id, worker="b")
    return trial, shard_id


def invite(trial: Trial, shard_id: str, worker: str) -> bool:
    seen = trial.ledger.shards[shard_id]
    return trial.operations.offer(trial.task_id, shard_id, seen=seen, worker=worker) is not None


def pool(trial: Trial) -> Spans:
    return tuple(span for piece in trial.ledger.pool for span in piece.spans)


def test_the_first_to_record_an_item_wins_and_the_other_is_told(copied: tuple[Trial, str]) -> None:
    trial, shard_id = copied

    trial.record(shard_id, ((0, 4),), worker="b")
    late = trial.record(shard_id, ((0, 4),), failed=((0, 4),), worker="a")

    assert not late.known
    assert (trial.ledger.succeeded, trial.ledger.failed) == (4, 0)
    assert trial.is_in(TaskState.COMPLETED)


def test_one_of_two_that_returns_all_leaves_it_to_the_other(copied: tuple[Trial, str]) -> None:
    """Else a copy that drains would take the item away from the one that runs it."""
    trial, shard_id = copied

    trial.record(shard_id, ((0, 1),), given_back=((1, 4),), worker="b")

    assert list(trial.ledger.shards[shard_id].holders) == ["a"]
    assert (pool(trial), trial.ledger.succeeded) == ((), 1)
    trial.record(shard_id, ((1, 4),), worker="a")
    assert trial.is_in(TaskState.COMPLETED)


def test_both_may_return_all_one_after_the_other(copied: tuple[Trial, str]) -> None:
    trial, shard_id = copied

    trial.record(shard_id, given_back=((0, 4),), worker="b")
    trial.record(shard_id, given_back=((0, 4),), worker="a")

    assert (trial.ledger.shards, pool(trial)) == ({}, ((0, 4),))


def test_the_leaving_holder_that_repeats_itself_changes_nothing(copied: tuple[Trial, str]) -> None:
    trial, shard_id = copied
    trial.record(shard_id, given_back=((0, 4),), worker="b")

    again = trial.record(shard_id, given_back=((0, 4),), worker="b", repeated=True)

    assert not again.known
    assert list(trial.ledger.shards[shard_id].holders) == ["a"]
    assert trial.balances()


def test_a_part_that_one_of_two_returns_is_planned_anew_and_the_others_run_of_it_refused(
    copied: tuple[Trial, str],
) -> None:
    trial, shard_id = copied

    trial.record(shard_id, given_back=((2, 4),), worker="b")
    late = trial.record(shard_id, ((0, 4),), worker="a")

    assert late.accepted == 2
    assert pool(trial) == ((2, 4),)
    assert trial.balances()


def test_a_dead_holder_of_two_is_no_death_and_leaves_the_shard_to_the_other(
    copied: tuple[Trial, str],
) -> None:
    trial, shard_id = copied

    trial.revoke(shard_id, holder="a")

    assert list(trial.ledger.shards[shard_id].holders) == ["b"]
    assert pool(trial) == ()
    trial.record(shard_id, ((0, 4),), worker="b")
    assert trial.is_in(TaskState.COMPLETED)


def test_there_are_never_more_than_two(copied: tuple[Trial, str]) -> None:
    trial, shard_id = copied

    assert not invite(trial, shard_id, "c")


def test_a_copy_that_nobody_claims_goes_to_another_and_the_first_is_refused(store: Store) -> None:
    trial = Trial(store, items=2)
    trial.spec = msgspec.structs.replace(trial.spec, idempotent=True)
    trial.submit()
    shard_id, _ = trial.hold(2, worker="a")
    invite(trial, shard_id, "gone")

    assert invite(trial, shard_id, "b")

    answers = [
        trial.operations.claim(trial.task_id, shard_id, worker=name, holds_nothing=True)
        for name in ("gone", "b")
    ]
    assert answers[0] is Refusal.HELD
    assert isinstance(answers[1], Claimed)


# the workers' side, by a fake clock


@pytest.fixture
def stage() -> Stage:
    return Stage()


def both(stage: Stage, items: int, *, slots: int = 2) -> tuple[StagedWorker, StagedWorker, str, str]:
    """`a` runs all items of a task, and `b` runs copies of them."""
    a, b = stage.worker("a", slots=slots), stage.worker("b", slots=slots)
    task_id = stage.task(items, idempotent=True)
    shard_id = stage.shard(task_id, items, worker="a")
    a.claim(task_id, shard_id)
    a.slots.begin()
    seen = stage.ledger(task_id).shards[shard_id]
    stage.operations.offer(task_id, shard_id, seen=seen, worker="b")
    b.claim(task_id, shard_id)
    b.slots.begin()
    return a, b, task_id, shard_id


def test_the_loser_is_killed_when_it_learns_that_the_shard_is_gone(stage: Stage) -> None:
    a, b, task_id, shard_id = both(stage, 2)
    b.finish()
    b.slots.end(*b.slots.running)
    b.node.record_due()

    a.node.beat()

    assert stage.ledger(task_id).state is TaskState.COMPLETED
    assert a.slots.killed == [shard_id]
    assert a.slots.running == []
    assert a.holdings.is_empty()


def test_the_loser_of_one_item_is_killed_and_goes_on_with_the_others(stage: Stage) -> None:
    a, b, task_id, _ = both(stage, 2)
    won = b.slots.running[0]
    b.slots.end(won)
    stage.clock.advance(2.0)
    b.node.record_due()

    a.node.beat()
    a.node.record_due()

    assert [work.index for work in a.slots.running] == [1 - won.index]
    assert stage.store.counts().get("results_refused", 0) == 0
    a.slots.end(*a.slots.running)
    a.node.record_due()
    assert stage.ledger(task_id).state is TaskState.COMPLETED
    b.node.beat()
    assert b.slots.running == []


def test_a_slot_that_puts_back_what_another_has_recorded_does_not_begin_it(stage: Stage) -> None:
    a, b, _, _ = both(stage, 2)
    (first, second) = a.slots.running
    b.slots.end(*b.slots.running[:1])
    stage.clock.advance(2.0)
    b.node.record_due()
    a.node.beat()

    a.holdings.put_back([first, second])

    assert [work.index for work in a.holdings.take(now=0.0)] == [1]
    assert a.holdings.take(now=0.0) == []


def test_the_copy_of_a_worker_that_drains_is_left_to_the_first(stage: Stage) -> None:
    a, b, task_id, shard_id = both(stage, 2)

    b.node.drain()
    b.slots.kill(b.holdings.abandon())
    b.node.record_due()

    assert b.holdings.is_empty()
    assert list(stage.ledger(task_id).shards[shard_id].holders) == ["a"]
    a.slots.end(*a.slots.running)
    a.node.record_due()
    assert stage.ledger(task_id).state is TaskState.COMPLETED


# the schedulers' side


def run_until_it_hangs(stage: Stage, worker: StagedWorker, task_id: str) -> None:
    """The worker has done items in 0.1 s each and holds a shard of three, the first of which hangs."""
    worker.node.beat()
    worker.claim(task_id, stage.shard(task_id, 1, worker=worker.name))
    (work,) = worker.slots.begin()
    stage.clock.advance(0.1)
    worker.slots.end(work)
    worker.node.record_due()
    worker.claim(task_id, stage.shard(task_id, 3, worker=worker.name))
    worker.slots.begin()
    stage.clock.advance(3.0)
    worker.node.beat()


def test_an_item_that_hangs_holds_up_nothing_and_its_copy_wins(stage: Stage) -> None:
    stuck, other = stage.worker("stuck", slots=1), stage.worker("other", slots=1)
    task_id = stage.task(4, idempotent=True)
    run_until_it_hangs(stage, stuck, task_id)
    stuck.node.record_due()
    other.node.beat()

    for _ in range(6):
        stage.dispatcher.fill()
        for hint in stage.new_hints():
            for worker in (stuck, other):
                worker.claim(hint.task_id, hint.shard_id)
        other.finish()
        stage.clock.advance(1.0)
        stuck.node.beat()
        stuck.node.record_due()
        other.node.beat()

    assert stage.ledger(task_id).state is TaskState.COMPLETED
    assert stage.store.counts()["shards_copied"] == 1
    assert stuck.slots.running == []


def test_what_waits_behind_a_long_item_is_asked_back_for_an_idle_worker(stage: Stage) -> None:
    stuck, other = stage.worker("stuck", slots=1), stage.worker("other", slots=1)
    task_id = stage.task(4)
    run_until_it_hangs(stage, stuck, task_id)
    other.node.beat()

    stage.dispatcher.fill()

    (shard,) = stage.ledger(task_id).shards.values()
    assert shard.asked_from == 3
    assert [hint.shard_id for hint in stage.new_hints()][-1] in stage.ledger(task_id).shards
    assert stage.store.counts()["shards_asked_back"] == 1
