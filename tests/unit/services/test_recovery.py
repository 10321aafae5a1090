"""The sweeper: revokes, offers, dead letters and dead beats, whatever is away. Its timers: see the breaks."""

import msgspec
import pytest

from app.errors import StoreUnavailable
from app.models.node import Beat
from app.models.task import TaskState
from tests.lossy_store import LossyStore
from tests.stage import DEAD, Stage, StagedWorker


@pytest.fixture
def stage() -> Stage:
    return Stage()


def sweep_for(stage: Stage, seconds: int, *beating: StagedWorker) -> None:
    for _ in range(seconds):
        for worker in beating:
            worker.node.beat()
        stage.sweeper.sweep()
        stage.clock.advance(1.0)


def a_lost_item(stage: Stage) -> str:
    """A task whose one item has killed three workers, after one that died with it in its hands."""
    task_id = stage.task(1)
    for number in range(4):
        worker = stage.worker(f"doomed#{number}")
        worker.claim(task_id, stage.shard(task_id, 1, worker=worker.name))
        worker.node.beat()
        sweep_for(stage, 7)
    return task_id


def test_an_item_that_kills_three_workers_is_lost_and_told_to_the_dead_letter_topic(stage: Stage) -> None:
    task_id = a_lost_item(stage)

    assert stage.ledger(task_id).state is TaskState.FAILED
    (message,) = stage.bus.records(DEAD)
    letter = msgspec.json.decode(message.value or b"")
    assert message.key == task_id.encode()
    assert (letter["taskId"], letter["index"], letter["kind"]) == (task_id, 0, "item")
    assert letter["workers"] == ["doomed#1", "doomed#2", "doomed#3"]
    assert stage.store.pending_letters(10) == []


def test_a_dead_letter_waits_until_kafka_has_it_and_is_sent_once(stage: Stage) -> None:
    stage.bus.interrupt()
    a_lost_item(stage)
    assert len(stage.store.pending_letters(10)) == 1

    stage.bus.recover()
    sent_while_away = len(stage.bus.records(DEAD))
    sweep_for(stage, 3)

    assert stage.store.pending_letters(10) == []
    assert 1 <= len(stage.bus.records(DEAD)) <= sent_while_away + 1


def test_what_a_dead_worker_held_runs_elsewhere_to_the_end(stage: Stage) -> None:
    dead, alive = stage.worker("dead"), stage.worker("alive")
    dead.node.beat()
    task_id = stage.task(40)
    dead.claim(task_id, stage.shard(task_id, 40, worker="dead"))
    dead.slots.begin()
    while not stage.ledger(task_id).state.is_terminal:
        sweep_for(stage, 1, alive)
        for hint in stage.new_hints():
            alive.claim(hint.task_id, hint.shard_id)
        alive.finish()
        assert stage.clock.monotonic() < 40, stage.ledger(task_id)

    assert stage.ledger(task_id).succeeded == 40
    assert stage.store.counts()["deaths"] == 1


def test_the_beat_of_one_long_dead_is_removed_once_it_holds_nothing(stage: Stage) -> None:
    worker = stage.worker("dead")
    task_id = stage.task(4)
    worker.claim(task_id, stage.shard(task_id, 4, worker="dead"))
    worker.node.beat()
    stage.clock.advance(600)

    sweep_for(stage, 4)
    assert "dead" in stage.store.beats()
    sweep_for(stage, 4)
    assert stage.store.beats() == {}


def test_a_beat_is_kept_for_a_minute_so_that_others_see_the_death(stage: Stage) -> None:
    stage.worker("gone").node.beat()

    sweep_for(stage, 60)

    assert "gone" in stage.store.beats()


def test_a_shard_is_offered_again_to_a_worker_that_a_record_reaches(stage: Stage) -> None:
    stage.store.beat(Beat(worker="joins", name="joins", slots=1))
    stage.store.beat(Beat(worker="old", name="old", slots=1, partitions=(3,)))
    task_id = stage.task(4)
    shard_id = stage.shard(task_id, 4, worker="gone")
    stage.clock.advance(4.0)
    stage.store.beat(Beat(worker="joins", name="joins", slots=1))
    stage.store.beat(Beat(worker="old", name="old", slots=1, partitions=(3,)))

    stage.sweeper.sweep()

    assert stage.ledger(task_id).shards[shard_id].worker == "old"


def test_with_no_worker_that_takes_work_nothing_is_offered(stage: Stage) -> None:
    draining = stage.worker("draining")
    draining.node.drain()
    task_id = stage.task(4)
    shard_id = stage.shard(task_id, 4, worker="draining")

    sweep_for(stage, 20, draining)

    assert stage.ledger(task_id).shards[shard_id].offers == 1


@pytest.mark.parametrize(
    "method", ["time", "beats", "outstanding", "load_many", "due", "open_work", "pending_letters"]
)
def test_a_sweep_that_was_cut_short_anywhere_is_made_good_by_the_next(stage: Stage, method: str) -> None:
    link = LossyStore(stage.store)
    sweeper = stage.new_sweeper(store=link.as_store)
    stage.beat("w")
    unpublished, waiting = stage.task(3, is_published=False), stage.task(3)
    stage.clock.advance(2.0)
    link.lose_reply(method)
    with pytest.raises(StoreUnavailable):
        sweeper.sweep()

    stage.clock.advance(1.0)
    stage.beat("w")
    sweeper.sweep()
    sweeper.sweep()

    assert stage.ledger(unpublished).state is not TaskState.QUEUED
    assert stage.ledger(waiting).shards


def test_sweepers_of_all_schedulers_at_once_do_no_more_than_one(stage: Stage) -> None:
    dead = stage.worker("dead")
    task_id = stage.task(16)
    dead.claim(task_id, stage.shard(task_id, 16, worker="dead"))
    dead.node.beat()
    sweepers = [stage.new_sweeper() for _ in range(3)]
    for _ in range(8):
        for sweeper in sweepers:
            sweeper.sweep()
        stage.clock.advance(1.0)

    counts = stage.store.counts()
    assert (counts["revokes"], counts["deaths"]) == (1, 1)
    assert len(stage.ledger(task_id).pool) == 8
