"""Breaks 1, 2 and 9 of the protocol: who may claim a shard, and what a claim does to its clock."""

from collections.abc import Callable

import msgspec
import pytest

from app.errors import StoreUnavailable
from app.models.ledger import Shard
from app.models.ranges import spans_of
from app.models.task import TaskState
from app.protocol.claim import Claimed, Refusal
from app.repositories.operations import Operations
from app.repositories.ports import Store
from tests.contract.store.trial import Trial
from tests.lossy_store import LossyStore

Make = Callable[[int], Trial]


def try_claim(trial: Trial, shard_id: str, *, worker: str, holds_nothing: bool = True) -> Claimed | Refusal:
    return trial.operations.claim(trial.task_id, shard_id, worker=worker, holds_nothing=holds_nothing)


def offer(trial: Trial, shard_id: str, *, worker: str) -> Shard | None:
    """By what the shard is now."""
    seen = trial.ledger.shards[shard_id]
    return trial.operations.offer(trial.task_id, shard_id, seen=seen, worker=worker)


def planned(trial: Trial, count: int, *, worker: str = "a") -> str:
    found = trial.plan(count, worker=worker)
    assert found is not None
    return found[0]


def test_a_claim_is_refused_while_another_incarnation_holds_the_shard(a_task: Make) -> None:
    """Break 1: the hint is doubled or misdelivered, A claims S, then B claims S."""
    trial = a_task(8)
    shard_id = planned(trial, 8)
    trial.claim(shard_id, worker="a#1")

    answers = [try_claim(trial, shard_id, worker=other) for other in ("b#1", "a#2")]

    assert answers == [Refusal.HELD, Refusal.HELD]
    assert list(trial.ledger.shards[shard_id].holders) == ["a#1"]


def test_what_a_worker_records_that_was_refused_the_shard_does_not_count(a_task: Make, store: Store) -> None:
    """Break 1: B runs S all the same and records before A does."""
    trial = a_task(8)
    shard_id = planned(trial, 8)
    trial.claim(shard_id, worker="a")

    strayed = trial.record(shard_id, ((0, 8),), failed=((0, 8),), worker="b")
    trial.record(shard_id, ((0, 8),), worker="a")

    assert not strayed.known
    assert (trial.ledger.succeeded, trial.ledger.failed) == (8, 0)
    assert trial.is_in(TaskState.COMPLETED)
    assert len(store.entries(trial.task_id, start=0, limit=100)) == 1


def test_the_holder_that_asks_again_gets_the_same_answer(a_task: Make) -> None:
    """Break 1: the reply of A's claim is lost, and A asks again."""
    trial = a_task(8)
    shard_id = planned(trial, 5)

    first = trial.claim(shard_id, worker="a")
    again = trial.claim(shard_id, worker="a")

    assert again.shard.spans == first.shard.spans == ((0, 5),)
    assert (again.alone, again.shard.attempt) == (first.alone, first.shard.attempt)


def test_a_copy_is_claimed_by_the_worker_it_was_offered_to_and_no_other(store: Store) -> None:
    """Break 1: "unless this worker was offered a copy of it"; then the first to record an item wins."""
    trial = Trial(store, items=4)
    trial.spec = msgspec.structs.replace(trial.spec, idempotent=True)
    trial.submit()
    shard_id, _ = trial.hold(4, worker="a")

    assert offer(trial, shard_id, worker="b") is not None
    assert try_claim(trial, shard_id, worker="c") is Refusal.HELD
    assert isinstance(try_claim(trial, shard_id, worker="b"), Claimed)
    trial.record(shard_id, ((0, 2),), worker="b")
    late = trial.record(shard_id, ((0, 4),), failed=((0, 4),), worker="a")

    assert late.accepted == 2
    assert (trial.ledger.succeeded, trial.ledger.failed) == (2, 2)


def test_no_copy_is_offered_of_a_task_that_is_not_idempotent(a_task: Make) -> None:
    """Break 1: only who says that an item may run twice gets copies."""
    trial = a_task(4)
    shard_id, _ = trial.hold(4, worker="a")

    assert offer(trial, shard_id, worker="b") is None
    assert try_claim(trial, shard_id, worker="b") is Refusal.HELD


@pytest.mark.parametrize("lost_replies", [0, 1])
def test_a_revoke_by_a_sweeper_that_read_before_the_claim_takes_nothing(
    a_task: Make, store: Store, lost_replies: int
) -> None:
    """Break 2: S is claimed, or claimed again after a lost reply, between a sweeper's look and revoke."""
    trial = a_task(8)
    shard_id = planned(trial, 8, worker="w")
    lossy = LossyStore(store)
    seen_at = store.time()
    for _ in range(lost_replies):
        lossy.lose_reply("commit")
        with pytest.raises(StoreUnavailable):
            Operations(lossy.as_store).claim(trial.task_id, shard_id, worker="w", holds_nothing=True)
        seen_at = trial.ledger.shards[shard_id].holders["w"]

    trial.claim(shard_id, worker="w")
    revoked = trial.operations.revoke(
        trial.task_id, shard_id, holder="w", touched_at=seen_at, alive=frozenset({"w"})
    )

    assert not revoked
    assert trial.ledger.shards[shard_id].holders["w"] > seen_at


def test_every_record_starts_the_unnamed_clock_anew(a_task: Make) -> None:
    """Break 2: "the unnamed clock starts anew with every claim and record"."""
    trial = a_task(8)
    shard_id, _ = trial.hold(8)
    claimed_at = trial.ledger.shards[shard_id].holders["w"]

    trial.record(shard_id, ((0, 1),))

    assert trial.ledger.shards[shard_id].holders["w"] > claimed_at
    assert not trial.operations.revoke(
        trial.task_id, shard_id, holder="w", touched_at=claimed_at, alive=frozenset()
    )


def test_an_unclaimed_shard_cannot_be_revoked(a_task: Make) -> None:
    """Break 9: with Kafka slow by 7 s each unclaimed shard was revoked, and its late hint refused."""
    trial = a_task(8)
    shard_id = planned(trial, 8, worker="w")
    offered_at = trial.ledger.shards[shard_id].offered_at

    for holder in ("w", "", "x"):
        assert not trial.operations.revoke(
            trial.task_id, shard_id, holder=holder, touched_at=offered_at, alive=frozenset()
        )
    trial.claim(shard_id, worker="w")

    assert spans_of(trial.ledger.shards[shard_id].spans) == ((0, 8),)


def test_an_unclaimed_shard_is_offered_again_under_its_id_and_the_first_claim_wins(a_task: Make) -> None:
    """Break 9: the late hint and the second one meet the same shard."""
    trial = a_task(8)
    shard_id = planned(trial, 8, worker="slow")

    again = offer(trial, shard_id, worker="other")
    trial.claim(shard_id, worker="slow")
    answer = try_claim(trial, shard_id, worker="other")

    assert again is not None
    assert (again.worker, again.offers, again.spans) == ("other", 2, ((0, 8),))
    assert answer is Refusal.HELD
    assert trial.ledger.chunks_to_execute == 1


def test_a_shard_claimed_since_a_sweeper_read_it_is_not_offered_as_a_copy(store: Store) -> None:
    """Seen beside break 9: two sweepers offer S again, and between their offers it is claimed."""
    trial = Trial(store, items=8)
    trial.spec = msgspec.structs.replace(trial.spec, idempotent=True)
    trial.submit()
    shard_id = planned(trial, 8, worker="a")
    seen = trial.ledger.shards[shard_id]
    trial.claim(shard_id, worker="a")

    late = trial.operations.offer(trial.task_id, shard_id, seen=seen, worker="b")

    assert late is None
    assert try_claim(trial, shard_id, worker="b") is Refusal.HELD


def test_of_two_sweepers_that_saw_the_same_one_offers_it_again(a_task: Make) -> None:
    """Break 9: one more hint every 8 s, not one of each scheduler."""
    trial = a_task(8)
    shard_id = planned(trial, 8, worker="a")
    seen = trial.ledger.shards[shard_id]

    offers = [trial.operations.offer(trial.task_id, shard_id, seen=seen, worker=name) for name in "bc"]

    assert [offered and offered.worker for offered in offers] == ["b", None]
    assert trial.ledger.shards[shard_id].offers == 2
