"""The one policy of trying again."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.support.clock import FakeClock
from app.support.retry import RetryPolicy, retry


def failing(times: int, *, error: Exception) -> Callable[[], str]:
    """A call that raises `error` so many times, then returns "done"."""
    left = [error] * times

    def call() -> str:
        if left:
            raise left.pop()
        return "done"

    return call


def never() -> float:
    return 0.0


def test_a_call_is_tried_until_it_succeeds_with_growing_waits() -> None:
    clock = FakeClock()
    policy = RetryPolicy(limit=5, first_seconds=1, most_seconds=3)

    result = retry(
        failing(4, error=ConnectionError()), policy=policy, on=(ConnectionError,), clock=clock, chance=never
    )

    assert result == "done"
    assert clock.slept == [1, 2, 3, 3]


def test_the_last_error_comes_out_when_the_limit_is_reached() -> None:
    clock = FakeClock()
    policy = RetryPolicy(limit=3, first_seconds=1)

    with pytest.raises(ConnectionError, match="down"):
        retry(
            failing(3, error=ConnectionError("down")),
            policy=policy,
            on=(ConnectionError,),
            clock=clock,
            chance=never,
        )

    assert clock.slept == [1, 2]


def test_without_a_limit_it_goes_on() -> None:
    policy = RetryPolicy(limit=None, first_seconds=1)

    assert (
        retry(
            failing(2_000, error=ConnectionError()), policy=policy, on=(ConnectionError,), clock=FakeClock()
        )
        == "done"
    )


def test_other_errors_come_out_at_once() -> None:
    clock = FakeClock()

    with pytest.raises(KeyError):
        retry(
            failing(1, error=KeyError()),
            policy=RetryPolicy(limit=3, first_seconds=1),
            on=(ConnectionError,),
            clock=clock,
        )

    assert clock.slept == []


def test_each_failure_that_is_tried_again_is_told() -> None:
    told: list[int] = []

    with pytest.raises(ConnectionError):
        retry(
            failing(9, error=ConnectionError()),
            policy=RetryPolicy(limit=3, first_seconds=1),
            on=(ConnectionError,),
            clock=FakeClock(),
            failed=lambda _error, failures: told.append(failures),
        )

    assert told == [1, 2]


def test_a_process_that_stops_is_not_held_up() -> None:
    clock = FakeClock()

    with pytest.raises(ConnectionError):
        retry(
            failing(9, error=ConnectionError()),
            policy=RetryPolicy(limit=None, first_seconds=1),
            on=(ConnectionError,),
            clock=clock,
            chance=never,
            give_up=lambda: clock.monotonic() >= 3,
        )

    assert clock.slept == [1, 2]


@given(
    failures=st.integers(min_value=1, max_value=10_000),
    chance=st.floats(min_value=0, max_value=1, exclude_max=True),
    jitter=st.floats(min_value=0, max_value=1),
)
def test_chance_only_shortens_a_wait_and_by_no_more_than_the_jitter(
    failures: int, chance: float, jitter: float
) -> None:
    policy = RetryPolicy(limit=None, first_seconds=0.1, most_seconds=30, jitter=jitter)
    whole = policy.wait_seconds(failures, chance=0)

    wait = policy.wait_seconds(failures, chance=chance)

    assert whole * (1 - jitter) - 1e-9 <= wait <= whole <= 30


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"first_seconds": -1.0}, {"factor": 0.5}, {"jitter": 1.5}, {"jitter": -0.1}]
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"tries at least once|jitter"):
        RetryPolicy(**{"limit": 1, "first_seconds": 1.0} | wrong)  # type: ignore[arg-type] # wrong on purpose
