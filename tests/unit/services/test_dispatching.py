"""Giving out work: the planner's choices become shards in the store and records for their workers."""

from collections import Counter

import pytest

from app.errors import StoreUnavailable, TemplateError
from app.models.ledger import Ledger
from app.models.node import Beat
from app.models.task import TaskSpec, TaskState
from app.protocol.control import Action
from app.protocol.record import Report
from app.repositories.operations import Operations
from app.services.dispatching import Dispatcher, DispatchPorts
from app.services.planning import Limits
from app.support.ids import new_id
from tests.lossy_store import LossyStore
from tests.stage import SHARDS, TIMERS, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def held(ledger: Ledger) -> Counter[str]:
    return Counter(shard.worker for shard in ledger.shards.values())


# what is given out


def test_workers_with_room_get_shards_and_a_record_for_each(stage: Stage) -> None:
    for name in ("a", "b"):
        stage.beat(name)
    task_id = stage.task(100)

    planned = stage.dispatcher.fill()

    ledger = stage.ledger(task_id)
    assert planned == 4
    assert held(ledger) == {"a": 2, "b": 2}
    assert {hint.shard_id for hint in stage.new_hints()} == set(ledger.shards)
    assert ledger.state is TaskState.INPROGRESS


def test_a_record_goes_to_a_partition_that_its_worker_owns(stage: Stage) -> None:
    stage.store.beat(Beat(worker="w", name="w", slots=1, partitions=(7, 40)))
    stage.task(100)

    stage.dispatcher.fill()

    assert {message.partition for message in stage.bus.records(SHARDS)} <= {7, 40}


def test_a_worker_that_owns_no_partition_yet_is_sent_records_all_the_same(stage: Stage) -> None:
    stage.store.beat(Beat(worker="w", name="w", slots=1))
    stage.task(100)

    assert stage.dispatcher.fill() == len(stage.new_hints()) == 2


def test_while_others_own_partitions_a_worker_without_one_is_sent_nothing(stage: Stage) -> None:
    """What was planned for workers that had just joined lay on partitions nobody read: 70 s for one item."""
    stage.store.beat(Beat(worker="joins", name="joins", slots=4))
    stage.store.beat(Beat(worker="old", name="old", slots=1, partitions=(3,)))
    task_id = stage.task(100)

    stage.dispatcher.fill()

    assert held(stage.ledger(task_id)) == {"old": 2}


@pytest.mark.parametrize(
    "beat",
    [
        Beat(worker="w", name="w", slots=2, room=False),
        Beat(worker="w", name="w", slots=2, draining=True),
        Beat(worker="w", name="w", slots=2, over_http=True),
    ],
)
def test_nothing_is_planned_for_a_worker_that_takes_no_work(stage: Stage, beat: Beat) -> None:
    stage.store.beat(beat)
    task_id = stage.task(100)

    assert stage.dispatcher.fill() == 0
    assert stage.ledger(task_id).state is TaskState.SUBMITTED


def test_nothing_is_planned_for_a_worker_whose_beats_have_ended(stage: Stage) -> None:
    stage.beat("dead")
    stage.clock.advance(4.1)
    stage.beat("alive")
    task_id = stage.task(100)

    stage.dispatcher.fill()

    assert held(stage.ledger(task_id)) == {"alive": 2}


def test_a_task_that_kafka_is_not_known_to_have_waits(stage: Stage) -> None:
    stage.beat("w")
    task_id = stage.task(10, is_published=False)

    assert stage.dispatcher.fill() == 0
    stage.operations.published(task_id, run=1)
    assert stage.dispatcher.fill() == 1


@pytest.mark.parametrize("action", [Action.PAUSE, Action.CANCEL, Action.HALT])
def test_nothing_of_a_stopped_task_is_given_out(stage: Stage, action: Action) -> None:
    stage.beat("w")
    task_id = stage.task(10)
    stage.control(task_id, action)

    assert stage.dispatcher.fill() == 0


def test_a_retry_gives_out_just_what_it_has_to_do(stage: Stage) -> None:
    stage.beat("w")
    task_id = stage.task(6)
    shard_id = stage.shard(task_id, 6, worker="w")
    stage.operations.claim(task_id, shard_id, worker="w", holds_nothing=True)
    report = Report(done=((0, 6),), failed=((1, 2), (4, 5)), block_id="b", block=b"x")
    stage.operations.record(task_id, shard_id, worker="w", report=report)
    stage.control(task_id, Action.RETRY)
    stage.operations.published(task_id, run=2)

    stage.dispatcher.fill()

    spans = [shard.spans for shard in stage.ledger(task_id).shards.values()]
    assert sorted(spans) == [((1, 2), (4, 5))]


# how often it looks


def test_what_was_planned_a_moment_ago_counts_before_any_beat_shows_it(stage: Stage) -> None:
    stage.beat("w", slots=2)
    tasks = [stage.task(1) for _ in range(20)]

    planned = [stage.dispatcher.fill() for _ in range(5)]

    assert planned == [4, 0, 0, 0, 0]
    assert sum(len(stage.ledger(task_id).shards) for task_id in tasks) == 4


def test_another_scheduler_sees_what_this_one_has_given_out(stage: Stage) -> None:
    stage.beat("w")
    stage.task(1_000)

    assert [stage.new_dispatcher().fill() for _ in range(3)] == [2, 0, 0]


def test_a_shard_that_has_ended_makes_room_for_the_next(stage: Stage) -> None:
    stage.beat("w")
    task_id = stage.task(100)
    stage.dispatcher.fill()

    stage.finish(task_id, worker="w")

    assert stage.dispatcher.fill() == 2


def test_a_claimed_shard_counts_for_the_worker_that_claimed_it(stage: Stage) -> None:
    stage.beat("offered")
    task_id = stage.task(100)
    stage.dispatcher.fill()
    for shard_id in stage.ledger(task_id).shards:
        stage.operations.claim(task_id, shard_id, worker="claimer", holds_nothing=True)
    stage.beat("claimer")

    stage.dispatcher.fill()

    ledger = stage.ledger(task_id)
    assert held(ledger) == {"offered": 4}
    claimed = [shard for shard in ledger.shards.values() if shard.holders]
    assert len(claimed) == 2


def test_a_thousand_waiting_tasks_do_not_put_more_than_a_few_shards_out(stage: Stage) -> None:
    stage.beat("w", slots=2)
    for _ in range(1_000):
        stage.task(3)

    planned = sum(stage.dispatcher.fill() for _ in range(3))

    assert planned <= 8


# what goes wrong


def test_a_shard_whose_record_cannot_be_sent_is_offered_again(stage: Stage) -> None:
    stage.beat("w", slots=1)
    task_id = stage.task(1)
    stage.bus.interrupt()
    stage.dispatcher.fill()
    assert stage.new_hints() == []
    stage.clock.advance(4.0)
    stage.beat("w", slots=1)

    stage.sweeper.sweep()
    stage.bus.recover()

    (shard_id,) = stage.ledger(task_id).shards
    assert {hint.shard_id for hint in stage.new_hints()} == {shard_id}
    assert stage.ledger(task_id).shards[shard_id].offers == 2


def test_a_plan_whose_answer_is_lost_is_a_shard_that_is_offered_later(stage: Stage) -> None:
    stage.beat("w", slots=1)
    task_id = stage.task(1)
    link = LossyStore(stage.store)
    link.lose_reply("commit")

    with pytest.raises(StoreUnavailable):
        stage.new_dispatcher(store=link.as_store).fill()

    (shard,) = stage.ledger(task_id).shards.values()
    assert (shard.worker, shard.holders) == ("w", {})


def test_a_task_whose_function_cannot_be_made_fails_with_the_reason_and_stops_nobody(
    stage: Stage,
) -> None:
    def refuse(spec: TaskSpec) -> str:
        if spec.task_id == broken:
            raise TemplateError("x is not defined")
        return spec.template

    stage.beat("w")
    broken, fine = stage.task(3), stage.task(3)
    dispatcher = Dispatcher(
        ports=DispatchPorts(
            store=stage.store,
            operations=Operations(stage.store),
            publisher=stage.bus.publisher(),
            render=refuse,
            new_id=new_id,
        ),
        limits=Limits(),
        shard_topic=SHARDS,
        silence_seconds=TIMERS.silence,
    )

    dispatcher.fill()

    ledger = stage.ledger(broken)
    assert (ledger.state, ledger.reason, ledger.cancelled) == (TaskState.FAILED, "x is not defined", 3)
    assert stage.ledger(fine).shards


def test_a_task_that_changed_since_it_was_read_is_left_for_the_next_time(stage: Stage) -> None:
    stage.beat("w")
    task_id = stage.task(10)
    link = LossyStore(stage.store)
    load_many = link.load_many

    def then_cancel(*args: object) -> object:
        found = load_many(*args)
        if not stage.ledger(task_id).state.is_terminal:
            stage.control(task_id, Action.CANCEL)
        return found

    link.__dict__["load_many"] = then_cancel

    assert stage.new_dispatcher(store=link.as_store).fill() == 0
    assert stage.new_hints() == []
    assert stage.ledger(task_id).state is TaskState.CANCELLED
