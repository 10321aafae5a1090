"""The waits between restarts double up to the longest, and start over after a long enough life."""

from hypothesis import given
from hypothesis import strategies as st

from fanfold.embedded.backoff import Backoff


def waits(*lives: float) -> list[float]:
    wait, found = None, []
    for lived in lives:
        wait = Backoff().next_wait(previous_seconds=wait, lived_seconds=lived)
        found.append(wait)
    return found


def test_short_lives_wait_twice_as_long_each_time_up_to_five_seconds() -> None:
    assert waits(0, 0, 0, 0, 0, 0, 0) == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_a_life_of_ten_seconds_starts_over() -> None:
    assert waits(0, 0, 9.9, 10.0, 0) == [0.2, 0.4, 0.8, 0.2, 0.4]


@given(st.lists(st.floats(min_value=0, max_value=100)))
def test_no_wait_is_shorter_than_the_first_or_longer_than_the_longest(lives: list[float]) -> None:
    assert all(0.2 <= wait <= 5.0 for wait in waits(*lives))
