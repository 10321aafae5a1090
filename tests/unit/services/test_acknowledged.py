"""What Kafka has and no consumer has noted is noted a moment later, all of it together."""

from time import monotonic

import pytest

from app.errors import StoreUnavailable
from app.models.task import TaskState
from app.protocol.control import Action
from app.repositories.operations import Operations
from app.services.acknowledged import Acknowledged
from tests.lossy_store import LossyStore
from tests.servers import wait_until
from tests.stage import Stage

NEVER = 3_600.0


@pytest.fixture
def stage() -> Stage:
    return Stage()


def acknowledged(stage: Stage, *, after_seconds: float = NEVER) -> Acknowledged:
    return Acknowledged(store=stage.store, operations=stage.operations, after_seconds=after_seconds)


def test_what_a_consumer_has_noted_is_left_alone(stage: Stage) -> None:
    noted, unknown = (stage.task(3, is_published=is_published) for is_published in (True, False))
    before = stage.store.load(noted)
    tasks = acknowledged(stage)
    for task_id in (noted, unknown, unknown):
        tasks.add(task_id, 1)

    assert tasks.note() == 1
    assert tasks.note() == 0

    assert stage.store.load(noted).version == before.version  # type: ignore[union-attr]  # both are there
    assert stage.ledger(unknown).state is TaskState.SUBMITTED


def test_what_kafka_has_just_taken_is_left_to_its_consumer_for_a_while(stage: Stage) -> None:
    task_id = stage.task(3, is_published=False)
    tasks = acknowledged(stage)
    added = monotonic()
    tasks.add(task_id, 1)

    assert tasks.note(before=added) == 0
    assert stage.ledger(task_id).published_at is None
    assert tasks.note() == 1


def test_an_acknowledgement_of_an_earlier_run_says_nothing_of_the_next(stage: Stage) -> None:
    task_id = stage.task(3)
    stage.control(task_id, Action.CANCEL)
    stage.control(task_id, Action.RETRY)
    tasks = acknowledged(stage)
    tasks.add(task_id, 1)

    assert tasks.note() == 0

    assert stage.ledger(task_id).published_at is None


def test_what_the_store_did_not_answer_stays_in_the_outbox(stage: Stage) -> None:
    task_id = stage.task(3, is_published=False)
    lossy = LossyStore(stage.store)
    tasks = Acknowledged(store=lossy.as_store, operations=Operations(lossy.as_store), after_seconds=NEVER)
    tasks.add(task_id, 1)
    lossy.is_away = True
    with pytest.raises(StoreUnavailable):
        tasks.note()
    lossy.is_away = False

    stage.clock.advance(2.0)

    assert [name for name, _ in stage.store.due(limit=10)] == [task_id]


def test_the_note_comes_by_itself(stage: Stage) -> None:
    task_id = stage.task(3, is_published=False)

    acknowledged(stage, after_seconds=0.01).add(task_id, 1)

    wait_until(
        lambda: stage.ledger(task_id).state is TaskState.SUBMITTED,
        seconds=5,
        state=lambda: stage.ledger(task_id),
    )
