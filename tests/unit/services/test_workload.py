"""What workers have to do, as ledgers, beats and what was told since say it."""

import pytest

from app.models.ledger import Ledger, Shard
from app.models.node import Beat, Held
from app.services.workload import BeatViews, Idle, held_by_task, loads, next_free, view_of


def a_ledger(**shards: Shard) -> Ledger:
    return Ledger(task_id="t", items_total=99, created_at=0.0, stop=99, waiting=0, shards=shards)


def a_shard(items: int, worker: str, *, claimed_at: float | None = None, suspect: bool = False) -> Shard:
    holders = {} if claimed_at is None else {worker: claimed_at}
    return Shard(spans=((0, items),), worker=worker, offered_at=0.0, holders=holders, suspect=suspect)


def a_beat(*held: Held, slots: int = 4, at: float = 10.0, **rates: float) -> Beat:
    return Beat(worker="w", name="w", slots=slots, held=held, at=at, rates=rates)


def load(ledger: Ledger, beat: Beat, idle: Idle | None = None) -> int:
    return loads([ledger], {"w": view_of(beat)}, idle={} if idle is None else {"w": idle})["w"]


def test_shards_count_for_who_claimed_them_or_was_offered_them_and_suspects_apart() -> None:
    ledger = a_ledger(
        a=a_shard(1, "v", claimed_at=1.0),
        b=a_shard(1, "w"),
        c=a_shard(1, "w", claimed_at=1.0),
        d=a_shard(1, "w", suspect=True),
    )

    held = held_by_task([ledger])

    assert held.usual == {"t": {"v": 1, "w": 2}}
    assert held.suspects == {"t": {"w": 1}}


def test_what_was_given_since_the_beat_counts_whole() -> None:
    ledger = a_ledger(a=a_shard(5, "w"), b=a_shard(3, "w", claimed_at=10.5))

    assert load(ledger, a_beat()) == 8


def test_of_what_the_beat_names_counts_what_it_says_is_left() -> None:
    beat = a_beat(Held(task_id="t", shard_id="a", not_begun=2, running=1))

    assert load(a_ledger(a=a_shard(9, "w", claimed_at=1.0)), beat) == 3
    assert load(a_ledger(a=a_shard(2, "w", claimed_at=1.0)), beat) == 2


def test_what_a_worker_told_after_its_beat_counts_more_than_the_beat() -> None:
    beat = a_beat(Held(task_id="t", shard_id="a", not_begun=9, running=4))
    ledger = a_ledger(a=a_shard(13, "w", claimed_at=1.0), b=a_shard(1, "w", claimed_at=11.5))

    assert load(ledger, beat, Idle(slots=3, at=11.0)) == 2
    assert load(ledger, beat, Idle(slots=3, at=9.0)) == 14


@pytest.mark.parametrize(
    ("held", "seconds"),
    [
        (Held(task_id="t", shard_id="a", running=2, youngest_seconds=0.1), 0.5),
        (Held(task_id="t", shard_id="a", running=4, youngest_seconds=30.0), 30.0),
        (Held(task_id="unknown", shard_id="a", running=4, youngest_seconds=7.0), 7.0),
        (Held(task_id="unknown", shard_id="a", running=4), None),
        (Held(task_id="t", shard_id="a", not_begun=4), None),
    ],
)
def test_a_slot_is_free_after_an_items_time_or_as_long_again_as_it_runs(
    held: Held, seconds: float | None
) -> None:
    assert next_free(a_beat(held, t=4.0)) == seconds


def test_the_first_slot_to_be_free_counts() -> None:
    slow = Held(task_id="slow", shard_id="a", running=3, youngest_seconds=9.0)
    quick = Held(task_id="quick", shard_id="b", running=1, youngest_seconds=0.01)

    assert next_free(a_beat(slow, quick, quick=100.0)) == 0.04


def test_a_new_beat_is_looked_at_anew_and_a_known_one_is_not() -> None:
    views = BeatViews()
    first = views.of({"w": a_beat()})["w"]

    assert views.of({"w": a_beat()})["w"] is first
    assert views.of({"w": a_beat(at=11.0)})["w"] is not first
    assert views.of({}) == {}
