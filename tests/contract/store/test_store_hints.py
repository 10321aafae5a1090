"""Tasks whose first shards are planned with the submit, and the hints that tell their workers."""

import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from uuid import uuid4

import pytest
from redis import Redis

from app.models.ranges import size
from app.models.task import TaskState
from app.protocol.claim import Claimed, Refusal
from app.protocol.plan import Wanted
from app.protocol.submit import Submitted
from app.repositories.operations import Beginning
from app.repositories.ports import ShardHint, Store
from tests.contract.store.subjects import RedisSubject
from tests.contract.store.trial import Trial

DEADLINE_SECONDS = 10.0
FUNCTION = "echo begun"


class Ear:
    """Hears what one worker is told."""

    def __init__(self, store: Store, *, worker: str) -> None:
        self.worker = worker
        self.heard: Queue[ShardHint] = Queue()
        self.stop = store.listen(worker, self.heard.put)

    def next(self) -> ShardHint:
        return self.heard.get(timeout=DEADLINE_SECONDS)


@pytest.fixture
def listen(store: Store) -> Iterator[Callable[[], Ear]]:
    ears: list[Ear] = []

    def make() -> Ear:
        """One that hears already: a subscription takes a moment."""
        ear = Ear(store, worker=f"w#{uuid4().hex}")
        ears.append(ear)
        until_heard(store, ear)
        return ear

    yield make
    for ear in ears:
        ear.stop()


def until_heard(store: Store, ear: Ear) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        begin(store, {ear.worker: 1})
        try:
            ear.heard.get(timeout=0.05)
        except Empty:
            assert time.monotonic() < deadline, "nothing is heard"
        else:
            return


def begin(store: Store, counts: dict[str, int], *, items: int | None = None) -> Trial:
    """A task of which these workers get so many items each."""
    trial = Trial(store, items=items or sum(counts.values()))
    wanted = [
        Wanted(shard_id=uuid4().hex, worker=worker, count=count, most=2) for worker, count in counts.items()
    ]
    submitted = trial.operations.submit(
        trial.spec,
        upload_blocks=0,
        inputs=[(0, [f"item-{i}" for i in range(trial.items)])],
        now=store.time(),
        beginning=Beginning(wanted=wanted, function=FUNCTION),
    )
    assert submitted is Submitted.NEW
    return trial


def test_a_task_may_begin_with_its_submit(store: Store) -> None:
    trial = begin(store, {"v": 2, "w": 3}, items=7)

    assert trial.is_in(TaskState.INPROGRESS)
    assert trial.ledger.published_at is None
    assert {shard.worker: size(shard.spans) for shard in trial.ledger.shards.values()} == {"v": 2, "w": 3}
    assert trial.ledger.pool_items == 2
    assert store.function(trial.task_id) == FUNCTION
    assert {shard for task, shard in store.outstanding() if task == trial.task_id} == set(trial.ledger.shards)
    assert trial.balances()


def test_each_worker_is_told_all_that_its_claim_needs(store: Store, listen: Callable[[], Ear]) -> None:
    first, second = listen(), listen()
    trial = begin(store, {first.worker: 2, second.worker: 1})

    for ear in (first, second):
        hint = ear.next()
        assert (hint.task_id, hint.spec, hint.function) == (trial.task_id, trial.spec, FUNCTION)
        assert [(at, list(items)) for at, items in hint.inputs] == [(0, ["item-0", "item-1", "item-2"])]
        assert hint.stored.ledger == trial.ledger or hint.stored.ledger.shards.keys() == set(
            trial.ledger.shards
        )
        assert abs(hint.stored.read_at - store.time()) < DEADLINE_SECONDS
        claimed = trial.operations.claim(
            trial.task_id, hint.shard_id, worker=ear.worker, holds_nothing=True, seen=hint.stored
        )
        assert isinstance(claimed, Claimed)
        assert claimed.shard.worker == ear.worker


def test_what_has_changed_since_a_hint_is_read_again(store: Store, listen: Callable[[], Ear]) -> None:
    ear = listen()
    trial = begin(store, {ear.worker: 1})
    hint = ear.next()
    trial.claim(hint.shard_id, worker="another")

    answer = trial.operations.claim(
        trial.task_id, hint.shard_id, worker=ear.worker, holds_nothing=True, seen=hint.stored
    )

    assert answer is Refusal.HELD


def test_it_goes_to_kafka_until_it_has_ended(store: Store) -> None:
    trial = begin(store, {"w": 1})
    ((shard_id, shard),) = trial.ledger.shards.items()
    trial.claim(shard_id)

    known = trial.operations.received(trial.task_id, run=1)
    assert known is not None
    assert known.published_at is not None
    assert known.state is TaskState.INPROGRESS
    assert trial.record(shard_id, shard.spans).ended
    assert trial.is_in(TaskState.COMPLETED)
    assert trial.operations.received(trial.task_id, run=1) == trial.ledger


def test_the_same_task_again_is_known_and_begins_nothing(store: Store) -> None:
    trial = begin(store, {"w": 1})
    before = trial.ledger
    wanted = [Wanted(shard_id=uuid4().hex, worker="w", count=1, most=2)]

    again = trial.operations.submit(
        trial.spec,
        upload_blocks=0,
        inputs=[(0, ["item-0"])],
        now=store.time(),
        beginning=Beginning(wanted=wanted, function=FUNCTION),
    )

    assert again is Submitted.KNOWN
    assert trial.ledger == before


def test_nobody_is_told_after_it_has_stopped_to_listen(store: Store, listen: Callable[[], Ear]) -> None:
    ear, other = listen(), listen()
    ear.stop()

    begin(store, {ear.worker: 1, other.worker: 1})

    assert other.next().stored.ledger.items_total == 2
    assert ear.heard.empty()


def test_a_small_task_is_read_with_all_it_has(store: Store) -> None:
    trial = begin(store, {"v": 1, "w": 2})
    assert store.whole(Trial(store, items=1).task_id) is None
    for shard_id, shard in trial.ledger.shards.items():
        trial.claim(shard_id, worker=shard.worker)
        trial.record(shard_id, shard.spans, worker=shard.worker)

    whole = store.whole(trial.task_id)

    assert whole is not None
    assert (whole.look.stored.ledger, whole.look.spec) == (trial.ledger, trial.spec)
    assert list(whole.entries) == store.entries(trial.task_id, start=0, limit=9)
    assert [store.block(trial.task_id, name) for name in whole.blocks] == list(whole.blocks.values())
    assert [(at, list(items)) for at, items in whole.inputs] == [(0, ["item-0", "item-1", "item-2"])]


def test_a_worker_hears_again_after_its_connection_was_lost(real: RedisSubject, client: Redis) -> None:
    ear = Ear(real.store, worker=f"w#{uuid4().hex}")
    until_heard(real.store, ear)

    client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")  # type: ignore[no-untyped-call]
    while not ear.heard.empty():
        ear.heard.get()

    until_heard(real.store, ear)
    ear.stop()
