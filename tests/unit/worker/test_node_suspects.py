"""What dead workers held, at a worker: a slot that is free claims it, and it begins before all else."""

import pytest

from app.models.wire import ShardRecord
from app.protocol.control import Action
from tests.stage import Stage, StagedWorker
from tests.unit.worker.node_scenes import claimed, hint_of, with_deaths


@pytest.fixture
def stage() -> Stage:
    return Stage()


def suspects(stage: Stage, worker: StagedWorker, items: int) -> tuple[str, list[str]]:
    """A task whose items a dead worker held: its pieces, planned for `worker`, which has heard of them."""
    task_id = stage.task(items)
    dying = stage.shard(task_id, items, worker="dead")
    stage.operations.claim(task_id, dying, worker="dead", holds_nothing=True)
    touched_at = stage.ledger(task_id).shards[dying].holders["dead"]
    stage.operations.revoke(task_id, dying, holder="dead", touched_at=touched_at, alive=frozenset())
    pieces = [stage.shard(task_id, items, worker=worker.name) for _ in stage.ledger(task_id).pool]
    for shard_id in pieces:
        worker.node.hint(ShardRecord(task_id=task_id, shard_id=shard_id, suspect=True))
    return task_id, pieces


def test_a_suspect_is_not_claimed_before_a_slot_is_free(stage: Stage) -> None:
    worker = stage.worker("w")
    task_id, pieces = suspects(stage, worker, 3)

    assert not worker.node.claim_next()
    assert worker.holdings.is_empty()
    worker.node.claim_suspect()

    assert list(worker.holdings.shards()) == pieces[:1]
    assert stage.ledger(task_id).shards[pieces[0]].holders.keys() == {"w"}


def test_a_claimed_suspect_begins_before_all_that_waits_here(stage: Stage) -> None:
    worker = stage.worker("w", slots=1)
    claimed(stage, worker, stage.task(5, priority=9), 5)
    task_id, _ = suspects(stage, worker, 1)
    worker.node.claim_suspect()

    (work,) = worker.slots.begin()

    assert work.task_id == task_id


def test_no_second_suspect_is_claimed_while_one_has_yet_to_begin(stage: Stage) -> None:
    worker = stage.worker("w", slots=2)
    _, pieces = suspects(stage, worker, 3)

    worker.node.claim_suspect()
    worker.node.claim_suspect()
    assert list(worker.holdings.shards()) == pieces[:1]
    worker.slots.begin()
    worker.node.claim_suspect()

    assert list(worker.holdings.shards()) == pieces[:2]


def test_suspects_are_heard_of_when_there_is_no_room_for_anything_else(stage: Stage) -> None:
    worker = stage.worker("w", most_shards=1)
    claimed(stage, worker, stage.task(2), 2)
    assert not worker.node.has_room()
    _, pieces = suspects(stage, worker, 1)

    worker.node.claim_suspect()

    assert pieces[0] in worker.holdings.shards()


@pytest.mark.parametrize("method", ["load", "commit", "items"])
def test_a_suspect_whose_claim_is_not_answered_is_let_go(stage: Stage, method: str) -> None:
    worker = stage.worker("w")
    suspects(stage, worker, 2)
    worker.link.lose_reply(method)

    worker.node.claim_suspect()
    assert worker.holdings.is_empty()
    worker.node.claim_suspect()

    assert len(worker.holdings.shards()) == 1


def test_a_suspect_that_is_somebody_elses_by_now_is_passed_over(stage: Stage) -> None:
    worker = stage.worker("w")
    task_id, pieces = suspects(stage, worker, 2)
    stage.operations.claim(task_id, pieces[0], worker="other", holds_nothing=True)

    worker.node.claim_suspect()
    worker.node.claim_suspect()

    assert list(worker.holdings.shards()) == pieces[1:]


def test_no_suspect_is_claimed_beside_an_item_that_may_kill_its_worker(stage: Stage) -> None:
    worker = stage.worker("w")
    poisoned, alone = with_deaths(stage, 2)
    _, pieces = suspects(stage, worker, 1)
    worker.node.hint(hint_of(poisoned, alone))
    worker.node.claim_next()

    worker.node.claim_suspect()

    assert list(worker.holdings.shards()) == [alone]
    assert pieces[0] not in worker.holdings.shards()


def test_a_suspect_that_must_run_alone_waits_until_nothing_else_is_held(stage: Stage) -> None:
    worker = stage.worker("w")
    claimed(stage, worker, stage.task(2), 2)
    poisoned, alone = with_deaths(stage, 2)
    worker.node.hint(ShardRecord(task_id=poisoned, shard_id=alone, suspect=True))

    worker.node.claim_suspect()
    assert not worker.node.has_room()
    worker.finish()
    worker.node.claim_next()

    assert list(worker.holdings.shards()) == [alone]


def test_a_worker_that_drains_claims_no_suspect(stage: Stage) -> None:
    worker = stage.worker("w")
    suspects(stage, worker, 1)

    worker.node.drain()
    worker.node.claim_suspect()

    assert worker.holdings.is_empty()


def test_a_suspect_of_a_paused_task_is_passed_over(stage: Stage) -> None:
    worker = stage.worker("w")
    task_id, _ = suspects(stage, worker, 1)
    stage.control(task_id, Action.PAUSE)

    worker.node.claim_suspect()

    assert worker.holdings.is_empty()
