"""The machine's clock and the one that tests move."""

import pytest

from app.support.clock import Clock, FakeClock, SystemClock


def test_a_fake_clock_moves_only_by_hand_and_by_sleepers() -> None:
    clock = FakeClock(start=10)

    clock.advance(1.5)
    clock.sleep(2)

    assert clock.monotonic() == 13.5
    assert clock.slept == [2]


def test_a_fake_clock_never_goes_back() -> None:
    with pytest.raises(ValueError, match="forward only"):
        FakeClock().advance(-1)


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()])
def test_a_sleeper_wakes_no_sooner_than_asked(clock: Clock) -> None:
    before = clock.monotonic()

    clock.sleep(0.01)
    clock.sleep(-1)

    assert clock.monotonic() - before >= 0.01
