"""A worker's dealings with the rest: shards that are gone, the store away, room, drain."""

from collections.abc import Sequence
from threading import Thread

import pytest

from app.errors import StoreUnavailable
from app.models.task import TaskState
from tests.hand_slots import HandSlots
from tests.stage import Stage
from tests.unit.worker.node_scenes import claimed, hint_of
from worker.node_ports import TaskFacts


@pytest.fixture
def stage() -> Stage:
    return Stage()


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


class BetweenTwoItems(HandSlots):
    """Slots that miss the first kill, because no item runs just then."""

    misses = 1

    def kill(self, shard_ids: Sequence[str]) -> None:
        if self.misses and shard_ids:
            self.misses -= 1
        else:
            super().kill(shard_ids)


def test_an_item_of_a_gone_shard_that_escaped_the_kill_is_killed_with_the_next_beat(stage: Stage) -> None:
    worker = stage.worker("w", slots=1, kind=BetweenTwoItems)
    task_id = stage.task(8)
    shard_id = claimed(stage, worker, task_id, 4)
    worker.slots.begin()
    touched_at = stage.ledger(task_id).shards[shard_id].holders["w"]
    stage.operations.revoke(task_id, shard_id, holder="w", touched_at=touched_at, alive=frozenset({"w"}))
    worker.node.beat()
    assert len(worker.slots.running) == 1

    worker.node.beat()

    assert worker.slots.running == []


def test_a_shard_that_a_rollback_brought_back_is_not_killed_again(stage: Stage) -> None:
    worker = stage.worker("w", slots=1)
    task_id = stage.task(4)
    shard_id = stage.shard(task_id, 4, worker="w")
    before = stage.store.snapshot()
    worker.claim(task_id, shard_id)
    touched_at = stage.ledger(task_id).shards[shard_id].holders["w"]
    stage.operations.revoke(task_id, shard_id, holder="w", touched_at=touched_at, alive=frozenset({"w"}))
    worker.node.beat()
    stage.store.restore(before)

    worker.claim(task_id, shard_id)
    (work,) = worker.slots.begin()
    worker.node.beat()

    assert worker.slots.running == [work]


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
