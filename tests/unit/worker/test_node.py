"""A worker's dealings with the rest: claims, alone items, hints twice, gone shards, room, drain. No threads
but where two of them are the point."""

from threading import Thread

import pytest

from app.errors import StoreUnavailable
from app.models.task import TaskState
from app.models.wire import ShardRecord
from app.protocol.control import Action
from tests.hand_slots import HandSlots
from tests.stage import Stage, StagedWorker
from worker.node_ports import TaskFacts


@pytest.fixture
def stage() -> Stage:
    return Stage()


def claimed(stage: Stage, worker: StagedWorker, task_id: str, count: int) -> str:
    shard_id = stage.shard(task_id, count, worker=worker.name)
    worker.claim(task_id, shard_id)
    return shard_id


def hint_of(task_id: str, shard_id: str) -> ShardRecord:
    return ShardRecord(task_id=task_id, shard_id=shard_id)


def with_deaths(stage: Stage, count: int) -> tuple[str, str]:
    """A task of one item under whose hands so many workers died, planned again for `w`."""
    task_id = stage.task(1)
    for number in range(count):
        name = f"dead#{number}"
        shard_id = stage.shard(task_id, 1, worker=name)
        stage.operations.claim(task_id, shard_id, worker=name, holds_nothing=True)
        touched_at = stage.ledger(task_id).shards[shard_id].holders[name]
        stage.operations.revoke(task_id, shard_id, holder=name, touched_at=touched_at, alive=frozenset())
    return task_id, stage.shard(task_id, 1, worker="w")


# claiming


def test_a_claim_brings_the_items_and_the_function_at_once(stage: Stage) -> None:
    worker = stage.worker("w", slots=3)
    task_id = stage.task(5)
    claimed(stage, worker, task_id, 3)

    works = worker.slots.begin()

    assert [(work.index, work.text) for work in works] == [(0, "item-0"), (1, "item-1"), (2, "item-2")]
    assert worker.slots.functions == {task_id: "true"}


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
        stage.operations.offer(task_id, alone, worker="other")
    else:
        action = Action.CANCEL if reason == "cancelled" else Action.PAUSE
        stage.operations.control(task_id, action, run=read.run, version=read.control)
    worker.node.beat()

    assert worker.node.has_room()


# looking


def test_the_items_of_a_shard_that_is_gone_are_killed_with_the_next_beat(stage: Stage) -> None:
    worker = stage.worker("w")
    task_id = stage.task(8)
    shard_id = claimed(stage, worker, task_id, 4)
    worker.slots.begin()
    touched_at = stage.ledger(task_id).shards[shard_id].holders["w"]
    stage.operations.revoke(task_id, shard_id, holder="w", touched_at=touched_at, alive=frozenset({"w"}))

    worker.node.beat()

    assert worker.slots.killed == [shard_id]
    assert worker.slots.running == []
    assert worker.holdings.is_empty()
    assert worker.node.record_due() == 0
    assert stage.store.counts().get("results_refused", 0) == 0


def test_the_items_of_a_shard_whose_record_is_refused_are_killed(stage: Stage) -> None:
    worker = stage.worker("w", slots=1)
    task_id = stage.task(8)
    shard_id = claimed(stage, worker, task_id, 4)
    worker.slots.end(*worker.slots.begin())
    worker.slots.begin()
    touched_at = stage.ledger(task_id).shards[shard_id].holders["w"]
    stage.operations.revoke(task_id, shard_id, holder="w", touched_at=touched_at, alive=frozenset())
    stage.clock.advance(2.0)

    worker.node.record_due()

    assert worker.slots.killed == [shard_id]
    assert worker.holdings.is_empty()
    assert stage.store.counts()["results_refused"] == 1


def test_without_the_store_a_worker_goes_on_with_what_it_has_and_parks_the_results(stage: Stage) -> None:
    worker = stage.worker("w", slots=2)
    task_id = stage.task(6)
    claimed(stage, worker, task_id, 6)
    worker.link.is_away = True

    ran = worker.slots.run_all()
    with pytest.raises(StoreUnavailable):
        worker.node.beat()
    assert worker.node.record_due() == 1
    assert worker.slots.killed == []
    worker.link.is_away = False
    worker.node.beat()
    worker.node.record_due()

    assert ran == [0, 1, 2, 3, 4, 5]
    assert stage.ledger(task_id).succeeded == 6


def test_a_function_is_known_as_long_as_its_task_is_held_and_no_longer(stage: Stage) -> None:
    worker = stage.worker("w")
    tasks = [stage.task(2) for _ in range(3)]
    for task_id in tasks:
        claimed(stage, worker, task_id, 2)
    assert set(worker.slots.functions) == set(tasks)

    worker.finish()
    worker.node.beat()

    assert worker.slots.functions == {}


class LateLook(HandSlots):
    """Slots that are told of a function just when another thread looks what may be forgotten."""

    look: Thread

    def learn(self, facts: TaskFacts) -> None:
        super().learn(facts)
        self.look.start()
        self.look.join(0.2)


def test_a_look_beside_a_claim_forgets_no_function_that_is_needed(stage: Stage) -> None:
    worker = stage.worker("w", kind=LateLook)
    assert isinstance(worker.slots, LateLook)
    worker.slots.look = Thread(target=worker.node.beat)

    claimed(stage, worker, stage.task(2), 2)
    worker.slots.look.join(5)

    assert not worker.slots.look.is_alive()
    assert worker.finish() == [0, 1]


# room, and leaving


def test_room_is_told_when_a_shard_has_left_with_the_rate_of_its_task(stage: Stage) -> None:
    worker = stage.worker("w", slots=2)
    task_id = stage.task(4)
    claimed(stage, worker, task_id, 4)
    works = worker.slots.begin()
    stage.clock.advance(0.5)
    worker.slots.end(*works)
    worker.slots.run_all()

    worker.node.record_due()

    (told,) = stage.new_room()
    assert (told.task_id, told.worker) == (task_id, "w")
    assert told.rate is not None
    assert told.rate > 0


def test_a_bus_that_is_away_stops_no_record(stage: Stage) -> None:
    worker = stage.worker("w")
    task_id = stage.task(2)
    claimed(stage, worker, task_id, 2)
    stage.bus.interrupt()

    worker.finish()

    assert stage.ledger(task_id).state is TaskState.COMPLETED


def test_what_is_claimed_while_the_worker_begins_to_drain_goes_back_and_does_not_run(
    stage: Stage,
) -> None:
    worker = stage.worker("w")
    task_id = stage.task(4)
    shard_id = stage.shard(task_id, 4, worker="w")
    worker.node.hint(hint_of(task_id, shard_id))
    read_items = worker.link.items

    def items_while_it_drains(*args: object, **kwargs: object) -> object:
        worker.node.drain()
        return read_items(*args, **kwargs)

    worker.link.__dict__["items"] = items_while_it_drains
    worker.node.claim_next()

    assert worker.slots.begin() == []
    worker.node.record_due()
    assert stage.ledger(task_id).pool_items == 4
    assert worker.holdings.is_empty()


def test_what_a_slot_puts_back_after_the_drain_began_goes_back_and_does_not_run(stage: Stage) -> None:
    worker = stage.worker("w", slots=1)
    task_id = stage.task(9)
    claimed(stage, worker, task_id, 9)
    worker.holdings.spent(task_id, seconds=0.01, items=100)
    works = worker.holdings.take(now=0.0, seconds=1.0, most=5)

    worker.node.drain()
    worker.node.record_due()
    worker.holdings.put_back(works[1:])

    assert worker.slots.times_given_up == 1
    assert worker.slots.begin() == []
    worker.node.record_due()
    assert stage.ledger(task_id).pool_items == 8
