"""Asking back: a holder returns once what it has not begun, whatever is repeated or late."""

from collections.abc import Callable

import msgspec
import pytest

from app.models.ledger import Shard
from app.models.ranges import Spans
from app.models.task import TaskState
from app.protocol.control import Action
from app.repositories.ports import Store
from tests.contract.store.trial import Trial
from tests.stage import Stage, StagedWorker

Make = Callable[[int], Trial]


def ask(trial: Trial, shard_id: str, start: int) -> Shard | None:
    """By what the shard is now."""
    seen = trial.ledger.shards[shard_id]
    return trial.operations.ask(trial.task_id, shard_id, seen=seen, start=start)


def pool(trial: Trial) -> Spans:
    return tuple(span for piece in trial.ledger.pool for span in piece.spans)


def test_the_holder_learns_what_it_is_asked_for_by_claiming_again(a_task: Make) -> None:
    trial = a_task(8)
    shard_id, _ = trial.hold(8)

    ask(trial, shard_id, 4)

    assert trial.claim(shard_id).shard.asked_from == 4


def test_what_is_returned_counts_once_however_often_it_is_recorded(a_task: Make) -> None:
    trial = a_task(8)
    shard_id, _ = trial.hold(8)
    ask(trial, shard_id, 4)

    trial.record(shard_id, ((0, 2),), given_back=((4, 8),))
    other, _ = trial.hold(2, worker="b")
    trial.record(shard_id, ((0, 2),), given_back=((4, 8),), repeated=True)

    assert pool(trial) == ((6, 8),)
    assert trial.ledger.shards[shard_id].spans == ((2, 4),)
    assert trial.ledger.shards[other].spans == ((4, 6),)
    assert trial.balances()


def test_the_same_ask_is_done_once(a_task: Make) -> None:
    """Two schedulers see the same idle worker, or one asks again after a lost reply."""
    trial = a_task(8)
    shard_id, _ = trial.hold(8)
    seen = trial.ledger.shards[shard_id]

    answers = [trial.operations.ask(trial.task_id, shard_id, seen=seen, start=n) for n in (4, 4, 2)]

    assert [answer and answer.asked_from for answer in answers] == [4, None, None]
    assert ask(trial, shard_id, 4) is None
    assert ask(trial, shard_id, 6) is None


def test_more_may_be_asked_for_later(a_task: Make) -> None:
    trial = a_task(8)
    shard_id, _ = trial.hold(8)
    ask(trial, shard_id, 4)
    trial.record(shard_id, given_back=((4, 8),))

    again = ask(trial, shard_id, 2)

    assert again is not None
    assert again.asked_from == 2


def test_what_has_changed_since_it_was_read_is_not_asked_back(a_task: Make) -> None:
    trial = a_task(8)
    shard_id, _ = trial.hold(8)
    seen = trial.ledger.shards[shard_id]
    trial.record(shard_id, ((0, 5),))

    assert trial.operations.ask(trial.task_id, shard_id, seen=seen, start=4) is None
    assert trial.ledger.shards[shard_id].asked_from is None


def test_nobody_is_asked_where_there_is_nothing_to_return(a_task: Make) -> None:
    trial = a_task(8)
    unclaimed = trial.plan(4)
    assert unclaimed is not None
    held, _ = trial.hold(4)

    assert ask(trial, unclaimed[0], 2) is None
    assert ask(trial, held, 8) is None
    assert trial.operations.ask(trial.task_id, "gone", seen=trial.ledger.shards[held], start=4) is None


@pytest.mark.parametrize("action", [Action.PAUSE, Action.CANCEL, Action.HALT])
def test_of_a_stopped_task_nothing_is_asked_back(a_task: Make, action: Action) -> None:
    """All that has not begun goes back anyway."""
    trial = a_task(8)
    shard_id, _ = trial.hold(8)
    trial.control(action)

    assert ask(trial, shard_id, 4) is None


def test_a_shard_all_of_which_is_returned_is_done(a_task: Make) -> None:
    trial = a_task(8)
    shard_id, _ = trial.hold(8)
    ask(trial, shard_id, 0)

    trial.record(shard_id, given_back=((0, 8),))

    assert (trial.ledger.shards, trial.ledger.executed, pool(trial)) == ({}, 1, ((0, 8),))
    trial.finish()
    assert trial.is_in(TaskState.COMPLETED)


def test_what_a_copy_is_invited_to_is_not_asked_back(store: Store) -> None:
    """Else the copy would return at once what it is invited to run."""
    trial = Trial(store, items=4)
    trial.spec = msgspec.structs.replace(trial.spec, idempotent=True)
    trial.submit()
    shard_id, _ = trial.hold(4, worker="a")
    ask(trial, shard_id, 2)
    seen = trial.ledger.shards[shard_id]

    offered = trial.operations.offer(trial.task_id, shard_id, seen=seen, worker="b")

    assert offered is not None
    assert offered.asked_from is None
    assert ask(trial, shard_id, 1) is None
    trial.claim(shard_id, worker="b")
    assert ask(trial, shard_id, 1) is None


# the worker's side, by a fake clock


@pytest.fixture
def stage() -> Stage:
    return Stage()


def asked(stage: Stage, worker: StagedWorker, items: int, start: int) -> tuple[str, str]:
    """A task of so many items, all held by the worker, which is asked for those from `start` on."""
    task_id = stage.task(items)
    shard_id = stage.shard(task_id, items, worker=worker.name)
    worker.claim(task_id, shard_id)
    worker.slots.begin()
    seen = stage.ledger(task_id).shards[shard_id]
    assert stage.operations.ask(task_id, shard_id, seen=seen, start=start) is not None
    return task_id, shard_id


def test_a_worker_returns_with_its_next_beat_what_it_has_not_begun(stage: Stage) -> None:
    worker = stage.worker("w", slots=2)
    task_id, shard_id = asked(stage, worker, 8, 5)

    worker.node.beat()
    worker.node.record_due()

    ledger = stage.ledger(task_id)
    assert ledger.shards[shard_id].spans == ((0, 5),)
    assert ledger.pool_items == 3
    worker.slots.end(*worker.slots.running)
    assert worker.finish() == [2, 3, 4]


def test_a_record_hurries_it_and_the_planner_is_told_at_once(stage: Stage) -> None:
    worker = stage.worker("w", slots=2)
    task_id, shard_id = asked(stage, worker, 8, 5)
    stage.new_room()

    worker.claim(task_id, shard_id)
    worker.node.record_due()

    assert stage.ledger(task_id).pool_items == 3
    assert [room.worker for room in stage.new_room()] == ["w"]


def test_a_worker_with_no_room_heeds_the_record_all_the_same(stage: Stage) -> None:
    worker = stage.worker("w", slots=1, most_shards=1)
    task_id, shard_id = asked(stage, worker, 8, 5)
    assert not worker.node.has_room()

    worker.claim(task_id, shard_id)
    worker.node.record_due()

    assert stage.ledger(task_id).pool_items == 3


def test_what_has_begun_is_never_returned(stage: Stage) -> None:
    worker = stage.worker("w", slots=4)
    task_id, shard_id = asked(stage, worker, 6, 0)

    worker.node.beat()
    worker.node.record_due()

    assert stage.ledger(task_id).shards[shard_id].spans == ((0, 4),)
    worker.slots.end(*worker.slots.running)
    worker.node.record_due()
    assert stage.ledger(task_id).succeeded == 4


def test_an_ask_that_is_read_with_each_beat_returns_nothing_twice(stage: Stage) -> None:
    """The mark stays in the ledger, and the items from it on may have come back here in another shard."""
    worker = stage.worker("w", slots=1)
    task_id, _ = asked(stage, worker, 6, 3)
    worker.node.beat()
    worker.node.record_due()
    again = stage.shard(task_id, 3, worker="w")
    worker.claim(task_id, again)

    for _ in range(3):
        worker.node.beat()
        worker.node.record_due()

    assert stage.ledger(task_id).pool_items == 0
    assert stage.ledger(task_id).shards[again].spans == ((3, 6),)


def test_the_return_is_repeated_until_it_is_answered(stage: Stage) -> None:
    worker = stage.worker("w", slots=1)
    task_id, shard_id = asked(stage, worker, 6, 3)
    worker.link.lose_reply("commit")
    worker.node.beat()
    assert worker.node.record_due() == 1
    other = stage.worker("o", slots=1)
    other.claim(task_id, stage.shard(task_id, 3, worker="o"))

    assert worker.node.record_due() == 0

    assert stage.ledger(task_id).pool_items == 0
    assert other.finish() == [3, 4, 5]
    assert stage.ledger(task_id).shards[shard_id].spans == ((0, 3),)


def test_a_slot_that_finds_nothing_more_to_do_is_told_before_its_shard_has_ended(stage: Stage) -> None:
    worker = stage.worker("w", slots=3)
    task_id = stage.task(3)
    worker.claim(task_id, stage.shard(task_id, 3, worker="w"))
    first, second, _ = worker.slots.begin()

    told = []
    for work in (first, second):
        worker.slots.end(work)
        worker.node.freed()
        worker.node.freed()
        told.append([room.idle for room in stage.new_room()])

    assert told == [[1], [2]]
