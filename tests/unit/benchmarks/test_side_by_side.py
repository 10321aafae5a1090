"""How comparisons are run in turns."""

import re

import pytest

from benchmarks.__main__ import COMPARISONS, main
from benchmarks.side_by_side import ITEMS_A_SECOND, Way, run_in_turns, self_timed, timed


def noting(name: str, *, order: list[str]) -> Way:
    """A way that takes no time and notes when it was its turn."""
    return timed(name, lambda: order.append(name), items=1)


def test_each_round_runs_all_and_another_one_begins() -> None:
    order: list[str] = []

    rounds = run_in_turns([noting(name, order=order) for name in "abc"], rounds=4)

    assert "".join(order) == "abcbcacababc"
    assert [sorted(each.figures) for each in rounds] == [["a", "b", "c"]] * 4
    assert all(figures[ITEMS_A_SECOND] > 0 for each in rounds for figures in each.figures.values())


@pytest.mark.parametrize(("seconds_a_round", "rounds"), [(1, 5), (30, 4), (1000, 3)])
def test_no_round_begins_when_there_was_enough(seconds_a_round: int, rounds: int) -> None:
    now = [0.0]

    def wait() -> None:
        now[0] += seconds_a_round

    assert len(run_in_turns([timed("a", wait, items=1)], rounds=5, clock=lambda: now[0])) == rounds


def test_figures_are_told_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    run_in_turns([self_timed("a", lambda: 2.0, items=10)], rounds=1)

    assert capsys.readouterr().err == "round 1: a: 5 items/s\n"


def test_work_that_times_itself_is_believed() -> None:
    assert self_timed("a", lambda: 2.0, items=10).measure() == {ITEMS_A_SECOND: 5.0}


def test_work_that_should_time_itself_and_does_not_is_refused() -> None:
    with pytest.raises(TypeError, match="did not say how long"):
        self_timed("a", lambda: None, items=10).measure()


def test_an_unknown_comparison_is_refused_with_the_names_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["nonsense"]) == 2
    told = capsys.readouterr().err
    assert "'nonsense'" in told
    assert all(re.search(rf"\b{name}\b", told) for name in COMPARISONS)
