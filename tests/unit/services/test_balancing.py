"""The end of a task: who is asked for what, and what is copied."""

from collections.abc import Callable

import msgspec
import pytest

from app.models.ledger import Ledger, Shard
from app.models.node import Beat, Held
from app.services.balancing import Ask, Copy, asks, copies
from app.services.planning import WorkerView
from app.services.rates import RateBook
from app.services.workload import view_of

NOW = 100.0


def a_shard(items: int, worker: str, **rest: object) -> Shard:
    fields: dict[str, object] = {"worker": worker, "offered_at": 90.0, "holders": {worker: 90.0}}
    return Shard(spans=((0, items),), **(fields | rest))  # type: ignore[arg-type] # the fields' own types


def a_task(waiting: int = 0, *, idempotent: bool = False, **shards: Shard) -> Ledger:
    return Ledger(
        task_id="t",
        items_total=999,
        created_at=0.0,
        stop=999,
        waiting=waiting,
        shards=shards,
        idempotent=idempotent,
    )


def held(shard_id: str, not_begun: int, *, running: int = 2, seconds: float = 0.0) -> Held:
    return Held(
        task_id="t",
        shard_id=shard_id,
        not_begun=not_begun,
        running=running,
        oldest_seconds=seconds,
        youngest_seconds=seconds,
    )


def beat(worker: str, *shards: Held, rate: float | None = 10.0, slots: int = 2) -> Beat:
    rates = {} if rate is None else {"t": rate}
    return Beat(worker=worker, name=worker, slots=slots, held=shards, rates=rates, at=NOW)


def asked(ledger: Ledger, *beats: Beat, idle: int = 2) -> list[Ask]:
    """For worker `idle`, which has so many slots with nothing to do."""
    everyone = [*beats, beat("idle")]
    return asks(
        [ledger],
        {each.worker: view_of(each) for each in everyone},
        idle={"idle": idle},
        rates_of=RateBook(everyone, told={}).of,
        now=NOW,
    )


def test_half_of_what_has_not_begun_is_asked_for_rounded_up() -> None:
    ledger = a_task(s=a_shard(9, "busy"))

    (ask,) = asked(ledger, beat("busy", held("s", 7)))

    assert ask == Ask(task_id="t", shard_id="s", holder="busy", start=5)


def test_one_item_that_has_not_begun_is_asked_for() -> None:
    (ask,) = asked(a_task(s=a_shard(3, "busy")), beat("busy", held("s", 1), rate=2.0))

    assert ask.start == 2


def test_the_shard_that_ends_last_is_asked() -> None:
    ledger = a_task(quick=a_shard(99, "quick"), slow=a_shard(20, "slow"))
    beats = (beat("quick", held("quick", 97), rate=100.0), beat("slow", held("slow", 18), rate=2.0))

    (ask,) = asked(ledger, *beats)

    assert (ask.holder, ask.shard_id) == ("slow", "slow")


def test_of_a_worker_with_two_shards_the_larger_backlog_is_asked_for() -> None:
    ledger = a_task(first=a_shard(9, "busy"), second=a_shard(30, "busy"))

    (ask,) = asked(ledger, beat("busy", held("first", 7), held("second", 30, running=0)))

    assert (ask.shard_id, ask.start) == ("second", 15)


def test_more_are_asked_while_slots_would_stay_idle() -> None:
    ledger = a_task(a=a_shard(4, "a"), b=a_shard(4, "b"), c=a_shard(4, "c"))
    beats = [beat(name, held(name, 2), rate=1.0) for name in "abc"]

    assert len(asked(ledger, *beats, idle=1)) == 1
    assert len(asked(ledger, *beats, idle=3)) == 3


def test_what_is_asked_for_already_is_not_asked_for_again_until_it_should_have_come() -> None:
    shard = a_shard(9, "busy", asked_from=5, asked_at=NOW - 1.0)

    assert asked(a_task(s=shard), beat("busy", held("s", 7))) == []
    late = msgspec.structs.replace(shard, asked_at=NOW - 3.0)
    assert len(asked(a_task(s=late), beat("busy", held("s", 7)))) == 1
    answered = msgspec.structs.replace(shard, spans=((0, 5),))
    assert [ask.start for ask in asked(a_task(s=answered), beat("busy", held("s", 3)))] == [3]


def test_what_ends_in_a_moment_is_left_where_it_is() -> None:
    """Items that do nothing: they are over before they could be anywhere else."""
    assert asked(a_task(s=a_shard(42, "busy")), beat("busy", held("s", 40), rate=1_000.0)) == []


def test_what_was_begun_since_the_beat_is_taken_off() -> None:
    ledger = a_task(s=a_shard(100, "busy"))
    old = msgspec.structs.replace(beat("busy", held("s", 98)), at=NOW - 3.0)

    (ask,) = asked(ledger, old)

    assert ask.start == 100 - 34


def test_a_rate_of_shorter_items_does_not_hide_that_those_at_hand_take_longer() -> None:
    """Sorted lists: the rate was measured where all were short, and what runs now takes ever longer."""
    ledger = a_task(s=a_shard(100, "busy"))
    old = msgspec.structs.replace(beat("busy", held("s", 98, seconds=1.0), rate=1_000.0), at=NOW - 1.0)

    (ask,) = asked(ledger, old)

    assert ask.start == 100 - 48


def test_never_more_than_half_is_thought_to_have_begun_since_the_beat() -> None:
    ledger = a_task(s=a_shard(100, "busy"))
    old = msgspec.structs.replace(beat("busy", held("s", 98)), at=NOW - 100.0)

    (ask,) = asked(ledger, old)

    assert ask.start == 100 - 25


def test_a_slow_worker_takes_nothing_that_a_quick_one_will_have_ended_before() -> None:
    ledger = a_task(s=a_shard(12, "busy"))
    idle, busy = beat("idle", rate=0.5), beat("busy", held("s", 10))
    rates = RateBook([idle, busy], told={})

    found = asks(
        [ledger],
        {each.worker: view_of(each) for each in (idle, busy)},
        idle={"idle": 2},
        rates_of=rates.of,
        now=NOW,
    )

    assert found == []


def test_what_waits_behind_items_that_hang_is_asked_for_however_short_it_is() -> None:
    (ask,) = asked(a_task(s=a_shard(3, "busy")), beat("busy", held("s", 1, seconds=9.0), rate=1_000.0))

    assert ask.start == 2


def test_nothing_is_asked_of_who_has_an_idle_slot_or_does_not_beat_or_of_a_stopped_task() -> None:
    ledger = a_task(s=a_shard(9, "busy"))

    assert asked(ledger) == []
    assert asked(ledger.evolve(paused=True), beat("busy", held("s", 7))) == []
    assert asked(a_task(s=a_shard(9, "idle")), beat("busy")) == []
    assert asked(a_task(s=a_shard(9, "busy", holders={})), beat("busy", held("s", 7))) == []
    both = {"busy": 90.0, "other": 91.0}
    assert asked(a_task(s=a_shard(9, "busy", holders=both)), beat("busy", held("s", 7))) == []


def test_a_shard_claimed_after_the_last_beat_is_taken_to_have_its_slots_at_work() -> None:
    (ask,) = asked(a_task(s=a_shard(12, "busy", holders={"busy": NOW})), beat("busy"))

    assert ask.start == 7


# copies

Found = tuple[list[Ask], list[Copy]]


def copied(ledger: Ledger, *beats: Beat, load: int = 0, next_free: float | None = None) -> Found:
    """Where worker `other` has so many items and is free again so soon."""
    everyone = [*beats, beat("other")]
    return copies(
        [ledger],
        {each.worker: view_of(each) for each in everyone},
        workers=[
            WorkerView(worker=each.worker, slots=2, load=load, next_free=next_free) for each in everyone
        ],
        rates_of=RateBook(everyone, told={}).of,
        now=NOW,
    )


def test_what_runs_forty_times_as_long_as_predicted_is_copied() -> None:
    ledger = a_task(idempotent=True, s=a_shard(2, "stuck"))

    assert copied(ledger, beat("stuck", held("s", 0, seconds=7.9))) == ([], [])
    assert copied(ledger, beat("stuck", held("s", 0, seconds=8.0))) == (
        [],
        [Copy(task_id="t", shard_id="s", worker="other")],
    )


def test_nothing_is_copied_within_a_second_however_short_the_items_are() -> None:
    ledger = a_task(idempotent=True, s=a_shard(2, "stuck"))
    beats = (beat("stuck", held("s", 0, seconds=0.9), rate=1_000.0),)

    assert copied(ledger, *beats) == ([], [])


def test_only_items_that_may_run_twice_are_copied() -> None:
    assert copied(a_task(s=a_shard(2, "stuck")), beat("stuck", held("s", 0, seconds=99.0))) == ([], [])


def test_what_has_not_begun_leaves_the_shard_before_it_is_copied() -> None:
    ledger = a_task(idempotent=True, s=a_shard(9, "stuck"))

    back, offered = copied(ledger, beat("stuck", held("s", 7, seconds=99.0)))

    assert back == [Ask(task_id="t", shard_id="s", holder="stuck", start=0)]
    assert offered == []


def test_what_has_ended_and_is_not_recorded_yet_is_not_copied() -> None:
    ledger = a_task(idempotent=True, s=a_shard(5, "stuck"))

    assert copied(ledger, beat("stuck", held("s", 0, running=2, seconds=99.0))) == ([], [])


def test_items_that_run_beside_it_as_long_as_usual_are_not_copied() -> None:
    ledger = a_task(idempotent=True, s=a_shard(2, "stuck"))
    among = msgspec.structs.replace(held("s", 0, seconds=99.0), youngest_seconds=0.3)

    assert copied(ledger, beat("stuck", among)) == ([], [])


def test_a_copy_that_nobody_claims_is_offered_to_another_after_a_while() -> None:
    def offered(at: float, invited: str) -> list[Copy]:
        shard = a_shard(2, "stuck", invited=(invited,), offered_at=at)
        return copied(a_task(idempotent=True, s=shard), beat("stuck", held("s", 0, seconds=99.0)))[1]

    assert offered(NOW - 3.9, "gone") == []
    assert [copy.worker for copy in offered(NOW - 4.0, "gone")] == ["other"]
    assert offered(NOW - 4.0, "other") == []


def _unknown(_task_id: str) -> None:
    return None


@pytest.mark.parametrize(
    "ledger",
    [
        a_task(idempotent=True, waiting=5, s=a_shard(2, "stuck")),
        a_task(idempotent=True, s=a_shard(2, "stuck")).evolve(paused=True),
        a_task(idempotent=True, s=a_shard(2, "stuck", holders={"stuck": 90.0, "other": 91.0})),
    ],
)
def test_nothing_is_copied_while_items_wait_nor_of_a_stopped_task_nor_twice(ledger: Ledger) -> None:
    assert copied(ledger, beat("stuck", held("s", 0, seconds=99.0))) == ([], [])


def test_nothing_is_copied_to_where_it_would_wait_behind_long_items() -> None:
    ledger = a_task(idempotent=True, s=a_shard(2, "stuck"))
    stuck = beat("stuck", held("s", 0, seconds=99.0))

    assert copied(ledger, stuck, load=2, next_free=60.0) == ([], [])
    assert len(copied(ledger, stuck, load=2, next_free=0.1)[1]) == 1


def test_nothing_is_copied_while_nobody_knows_how_long_an_item_takes() -> None:
    ledger = a_task(idempotent=True, s=a_shard(2, "stuck"))
    rates_of: Callable[[str], None] = _unknown

    found = copies(
        [ledger],
        {"stuck": view_of(beat("stuck", held("s", 0, seconds=99.0)))},
        workers=[WorkerView(worker="other", slots=2)],
        rates_of=rates_of,
        now=NOW,
    )

    assert found == ([], [])
