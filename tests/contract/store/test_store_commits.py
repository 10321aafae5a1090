"""What a commit refuses: another version, missing blocks, a second body; alike on the twin and on Redis."""

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest

from app.errors import InvalidField, TaskConflict
from app.models.ranges import size
from app.models.task import TaskState
from app.protocol.decision import NO_EFFECTS
from app.protocol.submit import Submitted
from app.repositories.ports import CommitOutcome, Store
from tests.contract.store.subjects import Subject
from tests.contract.store.trial import Trial

Make = Callable[[int], Trial]
THREADS = 8


def test_of_two_commits_on_one_version_the_second_is_refused(a_task: Make, store: Store) -> None:
    trial = a_task(5)
    read = trial.stored
    first = read.ledger.evolve(reason="first")

    outcomes = [
        store.commit(read, after, effects=NO_EFFECTS, task_id=trial.task_id)
        for after in (first, read.ledger.evolve(reason="second"))
    ]

    assert outcomes == [CommitOutcome.DONE, CommitOutcome.CONFLICT]
    assert trial.ledger == first


def test_a_task_that_exists_is_not_made_anew(a_task: Make, store: Store) -> None:
    trial = a_task(5)

    outcome = store.commit(None, trial.ledger, effects=NO_EFFECTS, task_id=trial.task_id)

    assert outcome is CommitOutcome.CONFLICT


def test_every_commit_has_a_version_of_its_own_even_of_the_same_ledger(a_task: Make, store: Store) -> None:
    trial = a_task(5)
    read = trial.stored

    store.commit(read, read.ledger, effects=NO_EFFECTS, task_id=trial.task_id)

    assert trial.stored.version != read.version
    assert trial.ledger == read.ledger


def test_a_version_from_before_a_rollback_is_refused(a_task: Make, subject: Subject) -> None:
    trial = a_task(20)
    roll_back = subject.photograph(trial.task_id)
    trial.hold(5)
    lost = trial.stored
    roll_back()
    assert trial.ledger.shards == {}
    trial.hold(5)

    outcome = subject.store.commit(
        lost, lost.ledger.evolve(shards={}), effects=NO_EFFECTS, task_id=trial.task_id
    )

    assert outcome is CommitOutcome.CONFLICT
    assert len(trial.ledger.shards) == 1


def test_a_record_from_before_a_rollback_is_counted_once(a_task: Make, subject: Subject) -> None:
    trial = a_task(10)
    planned = trial.plan(10)
    assert planned is not None
    roll_back = subject.photograph(trial.task_id)
    trial.claim(planned[0])
    trial.record(planned[0], ((0, 10),))
    assert trial.is_in(TaskState.COMPLETED)
    roll_back()

    trial.record(planned[0], ((0, 10),), repeated=True)

    assert trial.ledger.succeeded == 10
    assert [(e.start, e.stop) for e in subject.store.entries(trial.task_id, start=0, limit=9)] == [(0, 10)]


def test_an_upload_with_a_block_missing_is_no_task(store: Store) -> None:
    trial = Trial(store, items=35)
    trial.upload(blocks=3)

    with pytest.raises(InvalidField):
        trial.operations.submit(trial.spec, upload_blocks=4)

    assert store.load(trial.task_id) is None
    assert store.spec(trial.task_id) is None
    assert trial.task_id not in store.unfinished()


def test_the_missing_block_may_follow(store: Store) -> None:
    trial = Trial(store, items=35)
    trial.upload(blocks=3)
    with pytest.raises(InvalidField):
        trial.operations.submit(trial.spec, upload_blocks=4)

    assert trial.submit() is Submitted.NEW


def test_the_same_body_again_is_the_same_task(a_task: Make, store: Store) -> None:
    trial = a_task(12)
    read = trial.stored
    again = Trial(store, items=12, task_id=trial.task_id)

    assert again.submit() is Submitted.KNOWN

    assert trial.stored.version == read.version
    assert store.items(trial.spec.upload, ((0, 12),)) == [f"item-{i}" for i in range(12)]


def test_another_body_under_a_known_id_changes_nothing(a_task: Make, store: Store) -> None:
    trial = a_task(12)
    other = Trial(store, items=3, task_id=trial.task_id)
    other.store.put_blocks(other.spec.upload, [(0, ["evil"])])
    body = other.spec.__class__(
        task_id=trial.task_id,
        template="rm",
        items_total=1,
        upload=other.spec.upload,
        fingerprint="e" * 64,
        created_at=0.0,
    )

    with pytest.raises(TaskConflict):
        other.operations.submit(body, upload_blocks=1)

    assert store.spec(trial.task_id) == trial.spec
    assert store.items(trial.spec.upload, ((0, 2),)) == ["item-0", "item-1"]


def test_many_threads_on_one_task_lose_no_item_and_double_none(a_task: Make, store: Store) -> None:
    trial = a_task(240)
    failures: list[BaseException] = []

    def work(worker: str) -> None:
        try:
            mine = Trial(store, items=240, task_id=trial.task_id)
            while (planned := mine.plan(7, worker=worker)) is not None:
                shard_id, shard = planned
                mine.claim(shard_id, worker=worker)
                half, rest = shard.spans[:1], shard.spans[1:]
                mine.record(shard_id, half, worker=worker)
                if rest:
                    mine.record(shard_id, rest, worker=worker)
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(uuid4().hex,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert trial.is_in(TaskState.COMPLETED)
    assert trial.ledger.succeeded == 240
    spans = [(e.start, e.stop) for e in store.entries(trial.task_id, start=0, limit=1000)]
    assert sum(size((span,)) for span in spans) == 240
    assert spans == sorted(spans)
    assert store.outstanding() == [pair for pair in store.outstanding() if pair[0] != trial.task_id]
