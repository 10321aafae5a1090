"""Getting a task to Kafka: at once, or by the outbox, with back-off and an end to what Kafka refuses."""

from random import Random

import pytest

from app.messaging.memory import MemoryBus
from app.models.task import TaskState
from app.models.wire import decode_task
from app.protocol.control import Action
from app.repositories.ports import LONGEST_WAIT_SECONDS
from app.services.publishing import TaskPublisher, back_off
from tests.stage import TASKS, Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def refused_by(stage: Stage, *, attempts: int) -> TaskPublisher:
    """A publisher for a Kafka that refuses every record: it has no such topic."""
    return TaskPublisher(
        store=stage.store,
        operations=stage.operations,
        publisher=MemoryBus().publisher(),
        topic=TASKS,
        attempts=attempts,
        defer=lambda note: note(),
        random=Random(7),
    )


def test_ten_tries_are_spread_over_ten_minutes_or_more() -> None:
    waits = [back_off(attempt, Random(7)) for attempt in range(1, 10)]

    assert sum(waits) >= 600
    assert waits == sorted(waits)
    assert max(waits) < LONGEST_WAIT_SECONDS


def test_a_published_task_is_submitted_once_kafka_has_it(stage: Stage) -> None:
    task_id = stage.task(3, is_published=False)

    stage.tasks.publish(task_id, run=1)

    assert stage.ledger(task_id).state is TaskState.SUBMITTED
    (message,) = stage.bus.records(TASKS)
    record = decode_task(message.value)
    assert (record.task_id, record.run, message.key) == (task_id, 1, task_id.encode())
    stage.clock.advance(100)
    assert stage.tasks.publish_due(limit=10) == 0


def test_while_kafka_is_away_the_task_is_stored_and_queued(stage: Stage) -> None:
    stage.bus.interrupt()
    task_id = stage.task(3, is_published=False)

    stage.tasks.publish(task_id, run=1)
    assert stage.ledger(task_id).state is TaskState.QUEUED
    stage.bus.recover()

    assert stage.ledger(task_id).state is TaskState.SUBMITTED


def test_a_task_whose_request_died_before_publishing_is_published_by_a_sweep(stage: Stage) -> None:
    task_id = stage.task(3, is_published=False)
    assert stage.tasks.publish_due(limit=10) == 0

    stage.clock.advance(2.0)
    stage.sweeper.sweep()

    assert stage.ledger(task_id).state is TaskState.SUBMITTED


def test_of_two_sweepers_one_takes_the_entry(stage: Stage) -> None:
    stage.bus.interrupt()
    stage.task(3, is_published=False)
    stage.clock.advance(2.0)

    sent = [stage.task_publisher().publish_due(limit=10) for _ in range(3)]

    assert sent == [1, 0, 0]


def test_what_kafka_refuses_is_tried_again_and_then_given_up_with_the_reason(stage: Stage) -> None:
    publisher = refused_by(stage, attempts=3)
    task_id = stage.task(3, is_published=False)
    publisher.publish(task_id, run=1)
    states = [stage.ledger(task_id).state]
    for _ in range(4):
        stage.clock.advance(150)
        publisher.publish_due(limit=10)
        states.append(stage.ledger(task_id).state)

    assert states == [
        TaskState.QUEUED,
        TaskState.RETRYING,
        TaskState.RETRYING,
        TaskState.SUBMISSION_FAILED,
        TaskState.SUBMISSION_FAILED,
    ]
    assert stage.ledger(task_id).reason == f"there is no topic {TASKS}"


def test_a_broker_that_does_not_answer_is_no_refusal(stage: Stage) -> None:
    task_id = stage.task(3, is_published=False)
    stage.bus.interrupt()
    publisher = stage.bus.publisher()
    tasks = TaskPublisher(
        store=stage.store,
        operations=stage.operations,
        publisher=publisher,
        topic=TASKS,
        attempts=1,
        defer=lambda note: note(),
    )
    stage.clock.advance(2.0)
    tasks.publish_due(limit=10)

    publisher.close(0)

    assert stage.ledger(task_id).state is TaskState.QUEUED


def test_a_task_given_up_is_published_again_by_a_retry(stage: Stage) -> None:
    task_id = stage.task(3, is_published=False)
    stage.clock.advance(2.0)
    refused_by(stage, attempts=1).publish_due(limit=10)
    assert stage.ledger(task_id).state is TaskState.SUBMISSION_FAILED

    assert stage.control(task_id, Action.RETRY)
    stage.clock.advance(2.0)
    stage.sweeper.sweep()

    ledger = stage.ledger(task_id)
    assert (ledger.state, ledger.run, ledger.reason) == (TaskState.SUBMITTED, 1, None)


def test_a_cancelled_task_is_published_no_more(stage: Stage) -> None:
    task_id = stage.task(3, is_published=False)
    stage.control(task_id, Action.CANCEL)
    stage.clock.advance(100)

    assert stage.tasks.publish_due(limit=10) == 0
    assert stage.ledger(task_id).state is TaskState.CANCELLED


def test_a_clock_that_was_set_back_delays_no_task_for_ever(stage: Stage) -> None:
    stage.bus.interrupt()
    stage.task(3, is_published=False)
    stage.clock.advance(2.0)
    stage.tasks.publish_due(limit=10)

    stage.clock_offset -= 86_400

    assert stage.tasks.publish_due(limit=10) == 1
