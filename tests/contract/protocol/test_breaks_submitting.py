"""Break 15 of the protocol, and what Kafka says of a task: repeated, late and in conflict."""

from collections.abc import Callable

import msgspec
import pytest

from app.errors import InvalidField, StoreUnavailable, TaskConflict
from app.models.task import TaskState
from app.protocol.control import Action
from app.protocol.submit import Submitted
from app.repositories import keys
from app.repositories.operations import Operations
from app.repositories.ports import Store
from tests.contract.store.subjects import RedisSubject
from tests.contract.store.trial import Trial
from tests.lossy_store import LossyStore

Make = Callable[[int], Trial]


def second_upload(store: Store, trial: Trial) -> Trial:
    """Another body under the same id, its blocks uploaded."""
    other = Trial(store, items=trial.items, task_id=trial.task_id)
    other.spec = msgspec.structs.replace(other.spec, fingerprint="0" * 64, template="exit 1")
    store.put_blocks(
        other.spec.upload,
        [(first, [f"other-{first + i}" for i in range(10)]) for first in range(0, trial.items, 10)],
    )
    return other


def test_a_second_body_under_a_known_id_leaves_the_running_tasks_items_alone(
    a_task: Make, store: Store
) -> None:
    """Break 15: its blocks overwrote the running task's before submit refused it."""
    trial = a_task(20)
    trial.hold(5)
    other = second_upload(store, trial)

    with pytest.raises(TaskConflict):
        other.operations.submit(other.spec, upload_blocks=2)

    assert store.spec(trial.task_id) == trial.spec
    assert store.items(trial.spec.upload, ((0, 20),)) == [f"item-{index}" for index in range(20)]


def test_a_running_tasks_items_do_not_expire_for_a_second_upload(real: RedisSubject) -> None:
    """Break 15: its EXPIRE gave them a TTL of an hour again."""
    trial = Trial(real.store, items=20)
    trial.submit()
    other = second_upload(real.store, trial)

    with pytest.raises(TaskConflict):
        other.operations.submit(other.spec, upload_blocks=2)

    assert real.client.pttl(keys.key_of(trial.task_id, keys.INPUTS)) == -1
    assert int(real.client.pttl(keys.key_of(other.spec.upload, keys.UPLOAD))) > 0


@pytest.mark.parametrize("blocks", [0, 1])
def test_a_task_whose_blocks_are_not_all_there_is_not_taken(store: Store, blocks: int) -> None:
    """Break 15: "submit checks that all are there and takes that key over"."""
    trial = Trial(store, items=20)
    trial.upload(blocks=blocks)

    with pytest.raises(InvalidField):
        trial.operations.submit(trial.spec, upload_blocks=2)

    assert store.load(trial.task_id) is None


def test_a_submit_repeated_after_a_lost_reply_is_the_same_task(store: Store) -> None:
    """Break 15: same id and same body, whatever the upload is called."""
    trial = Trial(store, items=20)
    trial.upload()
    lossy = LossyStore(store)
    lossy.lose_reply("commit")
    with pytest.raises(StoreUnavailable):
        Operations(lossy.as_store).submit(trial.spec, upload_blocks=2)
    before = trial.stored.version

    again = Trial(store, items=20, task_id=trial.task_id)

    assert again.submit() is Submitted.KNOWN
    assert trial.stored.version == before
    assert store.spec(trial.task_id) == trial.spec


def test_an_acknowledgement_never_moves_a_task_back(a_task: Make) -> None:
    """B: "published is monotone: never moves INPROGRESS or later back"."""
    trial = a_task(4)
    trial.hold(2)
    running = trial.ledger

    assert not trial.operations.published(trial.task_id, run=1)
    assert not trial.operations.publish_failed(trial.task_id, run=1, attempt=9, limit=3, reason="late")
    assert trial.ledger == running


def test_an_acknowledgement_of_an_earlier_run_says_nothing_of_this_one(a_task: Make) -> None:
    """Break 14 for the record of run 1, acknowledged when run 2 has begun."""
    trial = a_task(4)
    trial.finish(failed=((0, 1),))
    trial.control(Action.RETRY)

    assert not trial.operations.published(trial.task_id, run=1)
    assert not trial.operations.publish_failed(trial.task_id, run=1, attempt=9, limit=3, reason="late")

    assert trial.is_in(TaskState.QUEUED)


def test_a_late_refusal_does_not_revive_a_task_that_was_given_up(a_task: Make) -> None:
    """The refusal of try 2 is noted after that of the last: no move from SUBMISSION_FAILED to RETRYING."""
    trial = a_task(4)
    refuse = trial.operations.publish_failed
    refuse(trial.task_id, run=1, attempt=3, limit=3, reason="too large")
    assert trial.is_in(TaskState.SUBMISSION_FAILED)

    assert not refuse(trial.task_id, run=1, attempt=2, limit=3, reason="late")

    assert trial.is_in(TaskState.SUBMISSION_FAILED)
    assert trial.ledger.reason == "too large"


def test_a_task_given_up_runs_after_all_when_kafka_has_it(a_task: Make) -> None:
    """The record of a try that was not acknowledged in time is there all the same."""
    trial = a_task(4)
    trial.operations.publish_failed(trial.task_id, run=1, attempt=3, limit=3, reason="refused")

    assert trial.operations.published(trial.task_id, run=1)

    trial.finish()
    assert trial.is_in(TaskState.COMPLETED)
    assert trial.ledger.reason is None


def test_a_policy_halts_only_what_kafka_has(a_task: Make) -> None:
    """A halt that meets a task rolled back to QUEUED: FAILED does not follow on QUEUED."""
    trial = a_task(4)

    assert not trial.control(Action.HALT)
    trial.operations.published(trial.task_id, run=1)
    assert trial.control(Action.HALT)

    assert trial.is_in(TaskState.FAILED)
