"""Offsets move in order, whatever the order in which messages are finished."""

from hypothesis import given
from hypothesis import strategies as st

from app.messaging.progress import Progress


def test_nothing_received_means_nothing_to_commit() -> None:
    assert Progress().advance() is None


def test_what_is_received_is_gone_on_from_until_it_is_done() -> None:
    progress = Progress()
    progress.received(7)
    assert progress.advance() == 7

    progress.finished(7)

    assert progress.advance() == 8


def test_an_offset_that_was_never_received_is_not_finished() -> None:
    progress = Progress()
    progress.finished(3)
    progress.received(3)

    assert progress.advance() == 3


def test_gaps_between_offsets_are_passed() -> None:
    progress = Progress()
    for offset in (1, 5, 9):
        progress.received(offset)
    progress.finished(1)
    assert progress.advance() == 5

    progress.finished(9)
    progress.finished(5)

    assert progress.advance() == 10


def test_a_log_that_begins_anew_is_followed_from_there() -> None:
    progress = Progress()
    for offset in (100, 101):
        progress.received(offset)

    progress.received(0)
    assert progress.advance() == 0
    progress.finished(101)
    progress.finished(0)

    assert progress.advance() == 1


@given(st.permutations(range(12)), st.integers(0, 12))
def test_all_below_the_committed_offset_is_done_and_the_one_at_it_is_not(
    order: list[int], finished: int
) -> None:
    progress = Progress()
    for offset in range(12):
        progress.received(offset)
    done = set()
    for offset in order[:finished]:
        progress.finished(offset)
        done.add(offset)
        reached = progress.advance()
        assert reached is not None
        assert set(range(reached)) <= done
        assert reached not in done
