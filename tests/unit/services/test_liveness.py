"""Who lives, when a holder is overdue, and when an unclaimed shard is offered again: as pure functions."""

import pytest

from app.models.ledger import Ledger, Shard
from app.models.node import Beat, Held
from app.services.liveness import Sight, Timers, alive, is_to_offer_again

T0 = 1_700_000_000.0
TIMERS = Timers()


def a_beat(worker: str = "w", *, at: float, naming: tuple[str, ...] = ()) -> Beat:
    held = tuple(Held(task_id="t", shard_id=shard_id) for shard_id in naming)
    return Beat(worker=worker, name=worker, slots=2, held=held, at=at)


def beats(*told: Beat) -> dict[str, Beat]:
    return {beat.worker: beat for beat in told}


def a_ledger(**holders: float) -> Ledger:
    """A task with the shard `s`, and since when each holder has it."""
    shard = Shard(spans=((0, 4),), worker="w", offered_at=T0, holders=holders)
    return Ledger(task_id="t", items_total=4, created_at=T0, stop=4, waiting=0, shards={"s": shard})


def a_sight(*looks: float, naming: tuple[str, ...] = ()) -> Sight:
    """The sight of a sweeper that looked at these times, when `w` beat and named these shards."""
    sight = Sight(gap=TIMERS.sight_gap)
    for now in looks:
        sight.look(beats(a_beat(at=now, naming=naming)), now=now)
    return sight


def overdue(sight: Sight, ledger: Ledger, *, now: float) -> list[str]:
    return [each.holder for each in sight.overdue(ledger, now=now, silence=TIMERS.silence)]


# who lives


@pytest.mark.parametrize("age", [0.0, 4.0, -4.0])
def test_a_worker_lives_for_4_s_after_its_beat_on_either_side_of_a_clock(age: float) -> None:
    assert set(alive(beats(a_beat(at=T0 - age)), now=T0, silence=4.0)) == {"w"}


@pytest.mark.parametrize("age", [4.1, -4.1, 3600.0, -3600.0])
def test_a_worker_whose_last_beat_is_further_away_is_dead(age: float) -> None:
    assert alive(beats(a_beat(at=T0 - age)), now=T0, silence=4.0) == {}


# who is overdue


def test_a_holder_is_overdue_when_it_was_not_named_for_longer_than_the_silence() -> None:
    sight = a_sight(T0, T0 + 1, naming=("s",))
    for second in range(2, 7):
        sight.look(beats(a_beat(at=T0 + 1, naming=("s",))), now=T0 + second)
    ledger = a_ledger(w=T0)

    assert overdue(sight, ledger, now=T0 + 5.0) == []
    assert overdue(sight, ledger, now=T0 + 5.1) == ["w"]


def test_a_holder_that_beats_without_naming_its_shard_is_overdue() -> None:
    sight = a_sight(*(T0 + second for second in range(7)))

    assert overdue(sight, a_ledger(w=T0), now=T0 + 6) == ["w"]


def test_to_be_named_by_another_worker_does_not_help() -> None:
    sight = a_sight(*(T0 + second for second in range(7)), naming=("s",))

    assert overdue(sight, a_ledger(other=T0), now=T0 + 6) == ["other"]


def test_of_two_holders_each_is_judged_by_its_own_beats() -> None:
    sight = a_sight(*(T0 + second for second in range(7)), naming=("s",))

    assert overdue(sight, a_ledger(w=T0, copy=T0), now=T0 + 6) == ["copy"]


def test_a_claim_or_record_counts_like_a_beat_that_names() -> None:
    sight = a_sight(*(T0 + second for second in range(7)))

    assert overdue(sight, a_ledger(w=T0 + 3), now=T0 + 6) == []


def test_a_name_said_long_ago_is_remembered_as_long_as_the_sight_is_unbroken() -> None:
    sight = a_sight(*(T0 + second for second in range(4)), naming=("s",))
    sight.look({}, now=T0 + 4)

    assert overdue(sight, a_ledger(w=T0 - 100), now=T0 + 6.9) == []
    assert overdue(sight, a_ledger(w=T0 - 100), now=T0 + 7.1) == ["w"]


def test_nobody_is_overdue_before_the_first_look() -> None:
    sight = Sight(gap=TIMERS.sight_gap)

    assert overdue(sight, a_ledger(w=T0 - 100), now=T0) == []


@pytest.mark.parametrize("gap", [0.0, 1.0, 2.5])
def test_sight_is_unbroken_while_looks_follow_on_each_other(gap: float) -> None:
    sight = a_sight(T0)

    sight.look({}, now=T0 + gap)

    assert sight.started_at == T0


@pytest.mark.parametrize("gap", [2.6, 3600.0, -0.1, -3600.0])
def test_sight_breaks_when_two_looks_are_too_far_apart_or_time_goes_back(gap: float) -> None:
    sight = a_sight(T0)

    sight.look({}, now=T0 + gap)

    assert sight.started_at == T0 + gap


def test_after_a_break_every_clock_starts_anew() -> None:
    sight = a_sight(T0, naming=("s",))
    sight.look({}, now=T0 + 60)
    for second in range(1, 6):
        sight.look({}, now=T0 + 60 + second)

    assert overdue(sight, a_ledger(w=T0), now=T0 + 64) == []
    assert overdue(sight, a_ledger(w=T0), now=T0 + 64.1) == ["w"]


def test_times_of_a_clock_that_was_set_back_do_not_protect_the_dead() -> None:
    """The last beat and the last claim lie an hour ahead."""
    sight = a_sight(*(T0 + second for second in range(6)))
    sight.named_at["s", "w"] = T0 + 3600

    assert overdue(sight, a_ledger(w=T0 + 3600), now=T0 + 5) == ["w"]


def test_what_is_known_of_shards_that_are_out_no_more_is_forgotten() -> None:
    sight = a_sight(T0, naming=("s", "done"))

    sight.forget_all_but(["s"])

    assert set(sight.named_at) == {("s", "w")}


# what is offered again


def unclaimed(*, offers: int = 1, holders: dict[str, float] | None = None) -> Shard:
    return Shard(spans=((0, 4),), worker="w", offered_at=T0, offers=offers, holders=holders or {})


@pytest.mark.parametrize(("offers", "wait"), [(1, 4.0), (2, 8.0), (3, 8.0), (30, 8.0)])
def test_an_unclaimed_shard_is_offered_again_after_4_s_then_every_8_s(offers: int, wait: float) -> None:
    shard = unclaimed(offers=offers)

    assert not is_to_offer_again(shard, now=T0 + wait - 0.1, timers=TIMERS)
    assert is_to_offer_again(shard, now=T0 + wait, timers=TIMERS)
    assert is_to_offer_again(shard, now=T0 - 3600, timers=TIMERS)


def test_a_claimed_shard_is_not_offered_again() -> None:
    assert not is_to_offer_again(unclaimed(holders={"w": T0}), now=T0 + 99, timers=TIMERS)
