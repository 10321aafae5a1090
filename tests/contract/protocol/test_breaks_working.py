"""Breaks 4, 10 and 16 of the protocol: what a worker repeats, returns, and gives up. By a fake clock."""

import pytest

from app.models.result import Outcome
from app.models.task import TaskState
from app.models.wire import ShardRecord
from app.protocol.control import Action
from tests.stage import Stage, StagedWorker


@pytest.fixture
def stage() -> Stage:
    return Stage()


def claimed(stage: Stage, worker: StagedWorker, task_id: str, count: int) -> str:
    shard_id = stage.shard(task_id, count, worker=worker.name)
    worker.claim(task_id, shard_id)
    return shard_id


def test_a_record_is_repeated_as_it_was_until_it_is_answered(stage: Stage) -> None:
    """Break 4: what ends meanwhile is said in the next call, so that a repetition is one."""
    worker = stage.worker("w", slots=2)
    task_id = stage.task(6)
    claimed(stage, worker, task_id, 6)
    first = worker.slots.begin()
    worker.slots.end(*first)
    stage.clock.advance(2.0)
    worker.link.lose_reply("commit")
    assert worker.node.record_due() == 1

    worker.slots.run_all()
    assert worker.node.record_due() == 0
    assert worker.node.record_due() == 0

    assert stage.ledger(task_id).state is TaskState.COMPLETED
    entries = stage.store.entries(task_id, start=0, limit=10)
    assert [(entry.start, entry.stop) for entry in entries] == [(0, 2), (2, 6)]
    assert len({entry.block for entry in entries}) == 2
    assert "results_refused" not in stage.store.counts()


def test_a_record_is_never_given_up(stage: Stage) -> None:
    """B: "a record is repeated until it is answered (giving up: 101 second runs)"."""
    worker = stage.worker("w")
    task_id = stage.task(4)
    claimed(stage, worker, task_id, 4)
    worker.slots.run_all()
    worker.link.is_away = True
    for _ in range(100):
        assert worker.node.record_due() == 1
        stage.clock.advance(1.0)

    worker.link.is_away = False
    worker.node.record_due()

    assert stage.ledger(task_id).succeeded == 4


def test_nothing_waits_behind_an_hour_long_item(stage: Stage) -> None:
    """Break 10: B's shard waits at a worker whose slots run hour-long items: a 0.2 s task waited ~990 s."""
    worker = stage.worker("w", slots=2)
    long_task = stage.task(6)
    claimed(stage, worker, long_task, 6)
    worker.slots.begin()
    short_task = stage.task(1)
    queued = claimed(stage, worker, short_task, 1)
    worker.node.hint(ShardRecord(task_id=short_task, shard_id="not claimed yet"))
    stage.clock.advance(4.0)

    worker.node.beat()
    worker.node.record_due()

    assert not stage.store.beats()["w"].room
    assert queued not in stage.ledger(short_task).shards
    assert stage.ledger(short_task).pool_items == 1
    assert stage.ledger(long_task).pool_items == 4
    assert not worker.node.claim_next()


def test_a_worker_is_not_stuck_while_one_slot_still_ends_items(stage: Stage) -> None:
    """Break 10: "a worker whose slots have **all** held the same items for 4 s"."""
    worker = stage.worker("w", slots=2)
    task_id = stage.task(6)
    claimed(stage, worker, task_id, 6)
    _, quick = worker.slots.begin()
    stage.clock.advance(3.9)
    worker.slots.end(quick)
    worker.slots.begin()
    stage.clock.advance(2.0)

    worker.node.beat()

    assert stage.store.beats()["w"].room
    assert stage.store.beats()["w"].held[0].not_begun == 3


def test_a_worker_that_was_stuck_says_at_once_that_it_has_room_again(stage: Stage) -> None:
    """Break 10: with the end of a long item it takes work again, not only with the next beat."""
    worker = stage.worker("w", slots=1)
    task_id = stage.task(3)
    claimed(stage, worker, task_id, 3)
    (long,) = worker.slots.begin()
    stage.clock.advance(5.0)
    worker.node.beat()
    worker.node.record_due()
    stage.new_room()

    worker.slots.end(long)
    worker.node.freed()

    assert stage.store.beats()["w"].room
    assert [record.worker for record in stage.new_room()] == ["w"]
    assert worker.node.has_room()


def test_what_a_stuck_worker_returned_runs_elsewhere_once(stage: Stage) -> None:
    """Break 10: returned is not run here: no second run."""
    stuck, free = stage.worker("stuck", slots=1), stage.worker("free", slots=1)
    task_id = stage.task(4)
    claimed(stage, stuck, task_id, 4)
    (long,) = stuck.slots.begin()
    stage.clock.advance(4.0)
    stuck.node.beat()
    stuck.node.record_due()

    claimed(stage, free, task_id, 4)
    ran = free.finish()
    stuck.slots.end(long)

    assert stuck.slots.begin() == []
    stuck.node.record_due()
    assert ran == [1, 2, 3]
    assert stage.ledger(task_id).state is TaskState.COMPLETED


def test_items_that_end_within_the_grace_period_of_a_drain_run_once(stage: Stage) -> None:
    """Break 16: drain causes no second run "of items that end within the grace period"."""
    leaving, other = stage.worker("leaving", slots=2), stage.worker("other", slots=2)
    task_id = stage.task(8)
    claimed(stage, leaving, task_id, 8)
    running = leaving.slots.begin()

    leaving.node.drain()
    leaving.node.record_due()
    claimed(stage, other, task_id, 8)
    ran = other.finish()
    leaving.slots.end(*running)
    leaving.node.record_due()

    assert leaving.holdings.is_empty()
    assert ran == [2, 3, 4, 5, 6, 7]
    assert stage.ledger(task_id).state is TaskState.COMPLETED
    assert stage.store.counts().get("results_refused", 0) == 0


def test_items_longer_than_the_grace_period_are_killed_and_go_back_at_once(stage: Stage) -> None:
    """Break 16: "Items longer than the grace period are killed and run again", at once."""
    leaving = stage.worker("leaving", slots=2)
    task_id = stage.task(4)
    claimed(stage, leaving, task_id, 4)
    leaving.slots.begin()
    leaving.node.drain()
    leaving.node.record_due()

    leaving.slots.kill(leaving.holdings.abandon())
    leaving.node.record_due()

    ledger = stage.ledger(task_id)
    assert (ledger.pool_items, ledger.shards, ledger.failed) == (4, {}, 0)
    assert [piece.suspect for piece in ledger.pool] == [False]


def test_what_is_killed_in_a_long_outage_goes_back_when_the_store_is_there_again(stage: Stage) -> None:
    """Break 8e: killed in isolation and forgotten, each outage was a death to the innocent."""
    worker = stage.worker("w", slots=2)
    task_id = stage.task(4)
    claimed(stage, worker, task_id, 4)
    worker.slots.begin()
    worker.link.is_away = True
    worker.slots.kill(worker.holdings.abandon())
    assert worker.node.record_due() == 1

    worker.link.is_away = False
    worker.node.record_due()

    ledger = stage.ledger(task_id)
    assert (ledger.pool_items, ledger.shards) == (4, {})
    assert all(not piece.suspect and not piece.deaths for piece in ledger.pool)
    assert stage.store.counts().get("deaths", 0) == 0


def test_a_draining_worker_claims_nothing_and_says_so(stage: Stage) -> None:
    """Break 16: hints that come while it drains are not claimed; its beat keeps new ones away."""
    worker = stage.worker("w")
    task_id = stage.task(4)
    shard_id = stage.shard(task_id, 4, worker="w")
    worker.node.hint(ShardRecord(task_id=task_id, shard_id=shard_id))
    worker.node.drain()

    worker.claim(task_id, shard_id)
    worker.node.beat()

    assert stage.ledger(task_id).shards[shard_id].holders == {}
    assert not stage.store.beats()["w"].takes_work


def test_a_worker_that_left_cleanly_is_waited_for_by_nobody(stage: Stage) -> None:
    """Break 16: its beat goes with it."""
    worker = stage.worker("w")
    worker.node.beat()

    worker.node.leave()

    assert stage.store.beats() == {}


def test_a_long_item_of_a_cancelled_task_is_killed_with_the_next_beat(stage: Stage) -> None:
    """B: "with each beat it reads its claimed shards": else cancelling a long item never ends."""
    worker = stage.worker("w", slots=1)
    task_id = stage.task(3)
    shard_id = claimed(stage, worker, task_id, 3)
    worker.slots.begin()
    read = stage.ledger(task_id)
    stage.operations.control(task_id, Action.CANCEL, run=read.run, version=read.control)

    worker.node.beat()
    worker.node.record_due()

    assert worker.slots.killed == [shard_id]
    ledger = stage.ledger(task_id)
    assert (ledger.state, ledger.cancelled, ledger.failed) == (TaskState.CANCELLED, 3, 0)


def test_an_item_that_is_killed_by_itself_has_failed(stage: Stage) -> None:
    """Only what is killed because its task ends goes back."""
    worker = stage.worker("w", slots=1)
    task_id = stage.task(1)
    claimed(stage, worker, task_id, 1)
    worker.slots.end(*worker.slots.begin(), outcome=Outcome.KILLED)

    worker.node.record_due()

    assert stage.ledger(task_id).failed == 1
