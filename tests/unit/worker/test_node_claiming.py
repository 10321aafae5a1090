"""A worker's claims: hints twice and late, answers lost, items that are claimed alone."""

import pytest

from app.errors import StoreUnavailable
from app.models.task import TaskState
from app.protocol.control import Action
from tests.stage import Stage
from tests.unit.worker.node_scenes import claimed, hint_of, with_deaths


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_claim_brings_the_items_and_the_function_at_once(stage: Stage) -> None:
    worker = stage.worker("w", slots=3)
    task_id = stage.task(5)
    claimed(stage, worker, task_id, 3)

    works = worker.slots.begin()

    assert [(work.index, work.text) for work in works] == [(0, "item-0"), (1, "item-1"), (2, "item-2")]
    assert worker.slots.functions == {task_id: "true"}


def test_what_slots_took_in_advance_waits_again_when_another_task_comes(stage: Stage) -> None:
    worker = stage.worker("w")
    first, second = stage.task(8), stage.task(2)

    for task_id, times in ((first, 0), (first, 0), (second, 1), (second, 1)):
        claimed(stage, worker, task_id, 1)
        assert worker.slots.times_given_up == times


def test_a_refused_claim_leaves_nothing_behind(stage: Stage) -> None:
    worker = stage.worker("w")
    task_id = stage.task(5)
    taken = stage.shard(task_id, 5, worker="other")
    stage.operations.claim(task_id, taken, worker="other", holds_nothing=True)

    worker.claim(task_id, taken, "never planned")
    worker.claim("no such task", "nor such a shard")

    assert worker.holdings.is_empty()
    assert worker.node.has_room()


@pytest.mark.parametrize("method", ["load", "commit", "spec", "function", "items"])
def test_a_claim_whose_answer_is_lost_anywhere_is_made_again(stage: Stage, method: str) -> None:
    worker = stage.worker("w")
    task_id = stage.task(5)
    shard_id = stage.shard(task_id, 5, worker="w")
    worker.node.hint(hint_of(task_id, shard_id))
    worker.link.lose_reply(method)
    with pytest.raises(StoreUnavailable):
        worker.node.claim_next()

    assert worker.node.claim_next()

    assert worker.finish() == [0, 1, 2, 3, 4]
    assert stage.ledger(task_id).state is TaskState.COMPLETED


def test_a_hint_that_comes_twice_runs_nothing_twice(stage: Stage) -> None:
    worker = stage.worker("w", slots=1)
    task_id = stage.task(4)
    shard_id = claimed(stage, worker, task_id, 4)
    worker.slots.end(*worker.slots.begin())

    worker.claim(task_id, shard_id, shard_id)

    assert worker.finish() == [1, 2, 3]
    worker.claim(task_id, shard_id)
    assert worker.finish() == []
    assert stage.ledger(task_id).succeeded == 4


def test_a_shard_recorded_while_a_second_hint_is_claimed_does_not_run_again(stage: Stage) -> None:
    """The claim is carried out first, then its last record; the claim's answer comes after that."""
    worker = stage.worker("w")
    task_id = stage.task(8)
    shard_id = claimed(stage, worker, task_id, 4)
    worker.slots.run_all()
    read_items = worker.link.items

    def items_after_the_record(*args: object, **kwargs: object) -> object:
        worker.node.record_due()
        return read_items(*args, **kwargs)

    def commit_and_then_record(*args: object, **kwargs: object) -> object:
        del worker.link.__dict__["commit"]
        answer = worker.link.commit(*args, **kwargs)
        worker.node.record_due()
        return answer

    worker.link.__dict__["commit"] = commit_and_then_record
    worker.link.__dict__["items"] = items_after_the_record
    worker.claim(task_id, shard_id)

    assert stage.ledger(task_id).succeeded == 4
    assert worker.holdings.is_empty()
    assert worker.slots.begin() == []


def test_a_hint_of_a_held_shard_makes_it_this_workers_again_after_a_rollback(stage: Stage) -> None:
    worker = stage.worker("w")
    task_id = stage.task(4)
    shard_id = stage.shard(task_id, 4, worker="w")
    before = stage.store.snapshot()
    worker.claim(task_id, shard_id)
    stage.store.restore(before)
    assert stage.ledger(task_id).shards[shard_id].holders == {}

    worker.claim(task_id, shard_id)

    assert list(stage.ledger(task_id).shards[shard_id].holders) == ["w"]
    assert worker.finish() == [0, 1, 2, 3]


def test_a_worker_hears_of_no_more_shards_than_it_may_hold(stage: Stage) -> None:
    worker = stage.worker("w", most_shards=3)
    task_id = stage.task(10)
    shards = [stage.shard(task_id, 1, worker="w") for _ in range(5)]

    for shard_id in shards:
        worker.node.hint(hint_of(task_id, shard_id))
    worker.claim(task_id)

    assert set(worker.holdings.shards()) == set(shards[:3])
    assert not worker.node.has_room()
    worker.node.beat()
    assert not stage.store.beats()["w"].room


# alone


def test_an_alone_item_waits_until_nothing_else_is_held_and_nothing_is_claimed_beside_it(
    stage: Stage,
) -> None:
    worker = stage.worker("w", slots=2)
    other = stage.task(9)
    claimed(stage, worker, other, 2)
    poisoned, alone = with_deaths(stage, 2)
    later = stage.shard(other, 2, worker="w")

    worker.claim(poisoned, alone)
    assert not worker.node.has_room()
    assert stage.ledger(poisoned).shards[alone].holders == {}
    worker.claim(other, later)
    worker.finish()
    worker.claim(other)

    assert list(worker.holdings.shards()) == [alone]
    worker.claim(other, later)
    assert list(worker.holdings.shards()) == [alone]
    assert not worker.node.has_room()
    worker.finish()
    assert worker.node.has_room()
    assert stage.ledger(poisoned).state is TaskState.COMPLETED


def test_an_item_with_one_death_is_claimed_beside_others(stage: Stage) -> None:
    worker = stage.worker("w")
    claimed(stage, worker, stage.task(2), 2)
    task_id, shard_id = with_deaths(stage, 1)

    worker.claim(task_id, shard_id)

    assert len(worker.holdings.shards()) == 2
    assert worker.node.has_room()


def test_a_worker_that_waits_to_be_alone_says_no_room(stage: Stage) -> None:
    worker = stage.worker("w")
    claimed(stage, worker, stage.task(2), 2)
    worker.claim(*with_deaths(stage, 2))

    worker.node.beat()

    assert not stage.store.beats()["w"].room


@pytest.mark.parametrize("reason", ["claimed", "offered to another", "cancelled", "paused"])
def test_a_worker_waits_for_an_alone_item_only_while_it_is_its_own_to_wait_for(
    stage: Stage, reason: str
) -> None:
    """One poison item that is offered to one worker after the other must not stop them all."""
    worker = stage.worker("w", slots=2)
    claimed(stage, worker, stage.task(1), 1)
    worker.slots.begin()
    task_id, alone = with_deaths(stage, 2)
    worker.claim(task_id, alone)
    worker.node.beat()
    assert not worker.node.has_room()

    read = stage.ledger(task_id)
    if reason == "claimed":
        stage.operations.claim(task_id, alone, worker="other", holds_nothing=True)
    elif reason == "offered to another":
        stage.operations.offer(task_id, alone, seen=read.shards[alone], worker="other")
    else:
        action = Action.CANCEL if reason == "cancelled" else Action.PAUSE
        stage.operations.control(task_id, action, run=read.run, version=read.control)
    worker.node.beat()

    assert worker.node.has_room()
