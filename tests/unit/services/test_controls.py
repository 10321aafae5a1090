"""Cancel and retry as users ask for them: once, again, too late, and where there is nothing to do."""

import pytest

from app.errors import IllegalMove, TaskNotFound
from app.models.task import TaskState
from app.protocol.control import Action
from app.services.controls import Controls
from app.support.ids import new_id
from tests.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def controls(stage: Stage) -> Controls:
    return Controls(store=stage.store, operations=stage.operations, publisher=stage.tasks)


def run_all(stage: Stage, task_id: str, *, items: int) -> None:
    stage.shard(task_id, items, worker="w")
    stage.finish(task_id, worker="w")


def test_a_cancel_asked_for_twice_is_one(stage: Stage, controls: Controls) -> None:
    task_id = stage.task(4)

    controls.cancel(task_id)
    controls.cancel(task_id)

    ledger = stage.ledger(task_id)
    assert (ledger.state, ledger.control) == (TaskState.CANCELLED, 1)


def test_a_task_that_completed_cannot_be_cancelled_nor_retried(stage: Stage, controls: Controls) -> None:
    task_id = stage.task(4)
    run_all(stage, task_id, items=4)

    with pytest.raises(IllegalMove):
        controls.cancel(task_id)
    with pytest.raises(IllegalMove):
        controls.retry(task_id)


def test_a_task_cancelled_after_its_last_item_has_nothing_to_retry(stage: Stage, controls: Controls) -> None:
    task_id = stage.task(4)
    shard_id = stage.shard(task_id, 4, worker="w")
    stage.operations.claim(task_id, shard_id, worker="w", holds_nothing=True)
    controls.cancel(task_id)
    stage.finish(task_id, worker="w")
    assert stage.ledger(task_id).state is TaskState.CANCELLED

    with pytest.raises(IllegalMove, match="nothing to run again"):
        controls.retry(task_id)


def test_a_retry_is_published_and_asked_for_twice_is_one(stage: Stage, controls: Controls) -> None:
    task_id = stage.task(4)
    controls.cancel(task_id)

    controls.retry(task_id, run=1)
    controls.retry(task_id, run=1)

    ledger = stage.ledger(task_id)
    assert (ledger.state, ledger.run, ledger.waiting) == (TaskState.SUBMITTED, 2, 4)


def test_a_retry_of_a_task_that_still_runs_is_refused(stage: Stage, controls: Controls) -> None:
    task_id = stage.task(4)
    stage.shard(task_id, 2, worker="w")

    with pytest.raises(IllegalMove):
        controls.retry(task_id)


def test_a_run_that_is_not_the_present_one_is_left_alone(stage: Stage, controls: Controls) -> None:
    task_id = stage.task(4)
    stage.control(task_id, Action.CANCEL)
    controls.retry(task_id)

    with pytest.raises(IllegalMove):
        controls.cancel(task_id, run=1)
    with pytest.raises(IllegalMove):
        controls.retry(task_id, run=7)

    assert stage.ledger(task_id).state is TaskState.SUBMITTED


def test_a_task_that_never_was_is_not_found(controls: Controls) -> None:
    for ask in (controls.cancel, controls.retry):
        with pytest.raises(TaskNotFound):
            ask(new_id())
