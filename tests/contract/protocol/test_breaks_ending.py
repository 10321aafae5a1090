"""Breaks 5, 6 and 14 of the protocol: how a task ends, stays ended, and what a repeated control does."""

from collections.abc import Callable

import pytest

from app.models.task import TaskState
from app.protocol.claim import Refusal
from app.protocol.control import Action
from tests.contract.store.trial import Trial

Make = Callable[[int], Trial]
ENDS = [(Action.CANCEL, TaskState.CANCELLED), (Action.HALT, TaskState.FAILED)]


def test_a_task_whose_last_item_is_lost_ends_with_the_revoke(a_task: Make) -> None:
    """Break 5: the last items leave by revoke, not by record."""
    trial = a_task(3)
    shard_id, spans = trial.hold(2)
    trial.record(shard_id, spans)
    for worker in ("before", "a", "b", "c"):
        shard_id, spans = trial.hold(1, worker=worker)
        assert spans == ((2, 3),)
        trial.revoke(shard_id, holder=worker)

    assert trial.is_in(TaskState.FAILED)
    assert (trial.ledger.succeeded, trial.ledger.failed) == (2, 1)
    assert trial.ledger.finished_at is not None


@pytest.mark.parametrize(("action", "end"), ENDS)
def test_a_task_with_nothing_out_ends_with_the_control(a_task: Make, action: Action, end: TaskState) -> None:
    """Break 5: the last items leave by cancel or halt, none of them claimed."""
    trial = a_task(10)
    shard_id, spans = trial.hold(4)
    trial.record(shard_id, spans)
    trial.plan(3)

    trial.control(action)

    assert trial.is_in(end)
    assert (trial.ledger.succeeded, trial.ledger.cancelled) == (4, 6)


@pytest.mark.parametrize(("action", "end"), ENDS)
def test_an_ending_task_ends_with_the_revoke_of_its_last_shard(
    a_task: Make, action: Action, end: TaskState
) -> None:
    """Break 5 and 6: cancel, and the worker dies; what would go to the pool is cancelled."""
    trial = a_task(20)
    shard_id, _ = trial.hold(8)
    trial.control(action)
    assert not trial.ledger.state.is_terminal

    trial.revoke(shard_id)

    assert trial.is_in(end)
    assert (trial.ledger.pool, trial.ledger.cancelled) == ((), 20)


@pytest.mark.parametrize(("action", "end"), ENDS)
def test_an_ending_task_ends_with_what_its_last_worker_returns(
    a_task: Make, action: Action, end: TaskState
) -> None:
    """Break 6: cancel, and the worker returns what it has not begun: no pool that nobody plans."""
    trial = a_task(20)
    shard_id, _ = trial.hold(8)
    trial.control(action)

    answer = trial.record(shard_id, ((0, 3),), given_back=((3, 8),))

    assert (answer.remaining, answer.ended) == (0, True)
    assert trial.is_in(end)
    assert (trial.ledger.succeeded, trial.ledger.cancelled) == (3, 17)
    assert trial.balances()


@pytest.mark.parametrize("action", [Action.CANCEL, Action.HALT, Action.PAUSE])
def test_a_stopped_task_takes_its_unclaimed_shards_out_at_once(a_task: Make, action: Action) -> None:
    """Break 6: "Cancel and pause also take unclaimed shards out at once"."""
    trial = a_task(20)
    held, _ = trial.hold(5)
    unclaimed = trial.plan(5)
    assert unclaimed is not None

    trial.control(action)

    assert list(trial.ledger.shards) == [held]
    answer = trial.operations.claim(trial.task_id, unclaimed[0], worker="w", holds_nothing=True)
    assert answer is Refusal.GONE


@pytest.mark.parametrize("action", [Action.CANCEL, Action.HALT, Action.PAUSE])
def test_nothing_of_a_stopped_task_is_planned_offered_or_claimed(a_task: Make, action: Action) -> None:
    """Break 6: plan, offer and claim refuse both a paused and an ending task."""
    trial = a_task(20)
    held, _ = trial.hold(5)
    trial.control(action)

    answer = trial.operations.claim(trial.task_id, held, worker="other", holds_nothing=True)

    assert answer is Refusal.STOPPED
    assert trial.plan(5) is None
    seen = trial.ledger.shards[held]
    assert trial.operations.offer(trial.task_id, held, seen=seen, worker="other") is None


def test_a_paused_task_goes_on_with_all_its_items(a_task: Make) -> None:
    """Break 6: what pause takes out waits, and is not cancelled."""
    trial = a_task(20)
    held, spans = trial.hold(5)
    trial.plan(5)
    trial.control(Action.PAUSE)
    trial.record(held, spans)

    trial.control(Action.RESUME)
    trial.finish()

    assert trial.is_in(TaskState.COMPLETED)
    assert trial.ledger.succeeded == 20


def test_a_retry_repeated_after_its_run_has_ended_begins_no_third_run(a_task: Make) -> None:
    """Break 14: retry, the reply lost, run 2 ends, the repeat starts run 3."""
    trial = a_task(4)
    trial.finish(failed=((0, 2),))
    read = trial.ledger
    trial.operations.control(trial.task_id, Action.RETRY, run=read.run, version=read.control)
    trial.finish(failed=((0, 1),))

    repeated = trial.operations.control(trial.task_id, Action.RETRY, run=read.run, version=read.control)

    assert not repeated
    assert (trial.ledger.run, trial.ledger.state) == (2, TaskState.FAILED)


def test_a_pause_that_arrives_after_the_resume_pauses_nothing(a_task: Make) -> None:
    """Break 14: pause applied late, after the user's resume: paused for ever."""
    trial = a_task(4)
    trial.hold(2)
    read = trial.ledger
    trial.control(Action.PAUSE)
    trial.control(Action.RESUME)

    late = trial.operations.control(trial.task_id, Action.PAUSE, run=read.run, version=read.control)

    assert not late
    assert not trial.ledger.paused


def test_a_cancel_repeated_after_a_retry_leaves_the_new_run_alone(a_task: Make) -> None:
    """Break 14: cancel repeated after a retry cancels run 2."""
    trial = a_task(4)
    read = trial.ledger
    trial.control(Action.CANCEL)
    trial.control(Action.RETRY)

    repeated = trial.operations.control(trial.task_id, Action.CANCEL, run=read.run, version=read.control)

    assert not repeated
    assert trial.is_in(TaskState.QUEUED)
    trial.finish()
    assert trial.is_in(TaskState.COMPLETED)


@pytest.mark.parametrize("action", list(Action))
def test_a_control_of_another_run_or_version_does_nothing(a_task: Make, action: Action) -> None:
    """Break 14: "control carries the run and control version it read, and does nothing on others"."""
    trial = a_task(4)
    trial.finish(failed=((0, 4),))
    trial.control(Action.RETRY)
    before = trial.stored

    for run, version in ((1, 1), (2, 0), (2, 2), (3, 1)):
        assert not trial.operations.control(trial.task_id, action, run=run, version=version)

    assert trial.stored.version == before.version


@pytest.mark.parametrize("action", [Action.CANCEL, Action.HALT])
def test_a_task_stopped_after_its_last_item_has_nothing_to_retry(a_task: Make, action: Action) -> None:
    """Found beside break 6: all of what was out succeeds, and a run of no items would never end."""
    trial = a_task(4)
    shard_id, spans = trial.hold(4)
    trial.control(action)
    trial.record(shard_id, spans)
    assert trial.ledger.succeeded == 4
    ended = trial.ledger

    retried = trial.control(Action.RETRY)

    assert not retried
    assert trial.ledger == ended
