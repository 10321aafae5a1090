"""A task's whole life through the operations, alike on the twin and on Redis."""

from collections.abc import Callable

import pytest

from app.models.node import Beat
from app.models.ranges import spans_of_indexes
from app.models.result import Outcome
from app.models.task import TaskState
from app.protocol.claim import Refusal
from app.protocol.control import Action
from app.protocol.record import Recorded
from app.repositories.ports import Store
from tests.contract.store.trial import Trial

Make = Callable[[int], Trial]


def test_a_submitted_task_is_queued_as_it_was_asked_for(a_task: Make, store: Store) -> None:
    trial = a_task(25)

    assert trial.is_in(TaskState.QUEUED)
    assert trial.ledger.items_total == 25
    assert store.spec(trial.task_id) == trial.spec
    assert store.function(trial.task_id) is None


def test_what_was_never_submitted_is_not_there(store: Store) -> None:
    trial = Trial(store, items=1)

    assert store.load(trial.task_id) is None
    assert store.load_many([trial.task_id]) == {}
    assert store.spec(trial.task_id) is None
    assert not store.wait_ended(trial.task_id, timeout_seconds=0)


def test_many_ledgers_are_read_at_once_in_whatever_bucket(a_task: Make, store: Store) -> None:
    trials = [a_task(3) for _ in range(5)]
    absent = Trial(store, items=1)

    found = store.load_many([*(trial.task_id for trial in trials), absent.task_id])

    assert {name: stored.ledger for name, stored in found.items()} == {
        trial.task_id: trial.ledger for trial in trials
    }


def test_a_life_from_submit_to_completed(a_task: Make, store: Store) -> None:
    trial = a_task(25)
    assert trial.operations.published(trial.task_id, run=1)
    assert trial.is_in(TaskState.SUBMITTED)

    shard_id, spans = trial.hold(20)
    assert spans == ((0, 20),)
    assert store.function(trial.task_id) == "f() { :; }"
    assert store.items(trial.spec.upload, spans) == [f"item-{i}" for i in range(20)]

    assert trial.record(shard_id, ((0, 8),)) == Recorded(known=True, accepted=8, remaining=12)
    assert trial.record(shard_id, ((8, 20),)) == Recorded(known=True, accepted=12)
    assert trial.is_in(TaskState.INPROGRESS)
    trial.finish()

    assert trial.is_in(TaskState.COMPLETED)
    assert (trial.ledger.succeeded, trial.ledger.executed) == (25, 2)
    assert trial.balances()
    assert store.wait_ended(trial.task_id, timeout_seconds=0)


def test_a_report_repeated_after_a_lost_answer_counts_once(a_task: Make) -> None:
    trial = a_task(10)
    shard_id, _ = trial.hold(10)
    trial.record(shard_id, ((0, 5),))

    again = trial.record(shard_id, ((0, 8),), repeated=True)

    assert (again.accepted, again.remaining) == (3, 2)
    assert trial.ledger.succeeded == 8


def test_returned_items_are_planned_again_and_run_once(a_task: Make) -> None:
    trial = a_task(10)
    shard_id, _ = trial.hold(10)
    trial.record(shard_id, ((0, 4),), given_back=((4, 10),))
    again, spans = trial.hold(10, worker="other")
    assert spans == ((4, 10),)

    assert not trial.record(shard_id, ((4, 10),)).known
    trial.record(again, spans, worker="other")

    assert trial.ledger.succeeded == 10
    assert trial.is_in(TaskState.COMPLETED)


def test_a_revoked_shard_is_dead_for_ever(a_task: Make) -> None:
    trial = a_task(16)
    shard_id, _ = trial.hold(16)

    assert trial.revoke(shard_id)

    assert trial.operations.claim(trial.task_id, shard_id, worker="w", holds_nothing=True) is Refusal.GONE
    assert not trial.record(shard_id, ((0, 16),)).known
    assert len(trial.ledger.pool) == 8
    assert trial.balances()


def test_an_item_that_kills_three_workers_is_lost_and_named(a_task: Make, store: Store) -> None:
    trial = a_task(1)
    for worker in ("before", "a", "b", "c"):
        shard_id, _ = trial.hold(1, worker=worker)
        trial.revoke(shard_id, holder=worker)

    assert trial.is_in(TaskState.FAILED)
    (letter,) = store.dead_letters(trial.task_id)
    assert (letter.index, set(letter.workers)) == (0, {"a", "b", "c"})
    (entry,) = store.entries(trial.task_id, start=0, limit=10)
    assert (entry.start, entry.stop, entry.outcome, entry.block) == (0, 1, Outcome.LOST, None)


def test_cancelling_ends_when_the_last_holder_returns(a_task: Make) -> None:
    trial = a_task(30)
    held, _ = trial.hold(10)
    trial.plan(10)

    assert trial.control(Action.CANCEL)
    assert trial.is_in(TaskState.CANCELLING)
    assert list(trial.ledger.shards) == [held]
    trial.record(held, ((0, 3),), given_back=((3, 10),))

    assert trial.is_in(TaskState.CANCELLED)
    assert (trial.ledger.succeeded, trial.ledger.cancelled) == (3, 27)


def test_a_retry_runs_just_the_items_that_failed(a_task: Make, store: Store) -> None:
    trial = a_task(40)
    failed = spans_of_indexes([0, 7, 8, 9, 23, 39])
    trial.finish(failed=failed)
    assert trial.is_in(TaskState.FAILED)

    assert trial.control(Action.RETRY)

    assert store.agenda(trial.task_id, start=0, count=100) == failed
    assert store.agenda(trial.task_id, start=8, count=100) == ((8, 10), (23, 24), (39, 40))
    assert store.agenda(trial.task_id, start=0, count=2) == ((0, 1), (7, 8))
    shard_id, spans = trial.hold(4)
    assert spans == ((0, 1), (7, 10))
    assert store.items(trial.spec.upload, spans) == ["item-0", "item-7", "item-8", "item-9"]
    trial.record(shard_id, spans)
    trial.finish()
    assert trial.is_in(TaskState.COMPLETED)
    assert trial.ledger.succeeded == 40


def test_a_third_run_holds_what_the_second_left_and_failed(a_task: Make, store: Store) -> None:
    trial = a_task(100)
    trial.finish(failed=spans_of_indexes(range(0, 100, 3)))
    trial.control(Action.RETRY)
    shard_id, spans = trial.hold(5)
    assert spans == spans_of_indexes([0, 3, 6, 9, 12])
    trial.record(shard_id, spans, failed=((3, 4),))
    returned, _ = trial.hold(2)
    trial.record(returned, given_back=spans_of_indexes([15, 18]))

    trial.control(Action.CANCEL)
    trial.control(Action.RETRY)

    assert trial.ledger.run == 3
    left = spans_of_indexes([3, *range(15, 100, 3)])
    assert store.agenda(trial.task_id, start=0, count=1000) == left
    trial.finish()
    assert trial.is_in(TaskState.COMPLETED)
    assert trial.balances()


def test_a_second_run_cancelled_under_a_holder_keeps_what_it_had_not_reached(
    a_task: Make, store: Store
) -> None:
    trial = a_task(60)
    trial.finish(failed=spans_of_indexes(range(1, 60, 2)))
    trial.control(Action.RETRY)
    shard_id, spans = trial.hold(3)
    assert spans == spans_of_indexes([1, 3, 5])

    trial.control(Action.CANCEL)
    assert trial.is_in(TaskState.CANCELLING)
    trial.record(shard_id, ((1, 2),), given_back=((3, 4), (5, 6)))
    trial.control(Action.RETRY)

    assert store.agenda(trial.task_id, start=0, count=100) == spans_of_indexes(range(3, 60, 2))


def test_an_item_may_be_lost_while_others_go_on(a_task: Make, store: Store) -> None:
    trial = a_task(2)
    for worker in ("before", "a", "b", "c"):
        shard_id, spans = trial.hold(1, worker=worker)
        assert spans == ((0, 1),)
        trial.revoke(shard_id, holder=worker)

    assert trial.is_in(TaskState.INPROGRESS)
    assert [letter.index for letter in store.dead_letters(trial.task_id)] == [0]
    assert trial.task_id in {letter.task_id for _, letter in store.pending_letters(1_000_000)}
    trial.finish()
    assert (trial.ledger.succeeded, trial.ledger.failed) == (1, 1)


def test_a_retry_of_a_task_cancelled_before_it_began_runs_everything(a_task: Make, store: Store) -> None:
    trial = a_task(21)
    trial.control(Action.CANCEL)
    assert trial.is_in(TaskState.CANCELLED)

    trial.control(Action.RETRY)

    assert store.agenda(trial.task_id, start=0, count=100) == ((0, 21),)
    trial.finish()
    assert trial.ledger.succeeded == 21


@pytest.mark.parametrize("action", [Action.CANCEL, Action.PAUSE, Action.HALT])
def test_a_control_repeated_after_a_lost_answer_does_nothing_more(a_task: Make, action: Action) -> None:
    trial = a_task(5)
    trial.hold(2)
    before = trial.ledger
    repeat = (trial.task_id, action)

    assert trial.operations.control(*repeat, run=before.run, version=before.control)
    assert not trial.operations.control(*repeat, run=before.run, version=before.control)

    assert trial.ledger.control == before.control + 1
    assert trial.balances()


def test_a_look_is_all_that_a_status_is_made_of(a_task: Make, store: Store) -> None:
    trial = a_task(25)
    trial.hold(20)
    store.beat(Beat(worker="looked/1", name="looked", slots=2))

    look = store.look(trial.task_id)

    assert look is not None
    assert (look.stored.ledger, look.spec) == (trial.ledger, trial.spec)
    assert look.beats == store.beats()
    assert "looked/1" in look.beats
    assert store.look(Trial(store, items=1).task_id) is None


def test_what_many_asked_for_is_read_in_their_order(a_task: Make, store: Store) -> None:
    first, second, absent = a_task(3), a_task(4), Trial(store, items=1)

    assert store.specs([second.task_id, absent.task_id, first.task_id]) == [second.spec, None, first.spec]
    assert store.specs([]) == []
