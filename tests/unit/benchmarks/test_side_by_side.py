"""How comparisons are run and judged."""

import re

import pytest

from benchmarks.__main__ import COMPARISONS, main
from benchmarks.side_by_side import Pair, Way, report, run_in_turns


def a_pair(ratio: float) -> Pair:
    return Pair(ours_seconds=2.0, theirs_seconds=2.0 * ratio, load=0.5)


def a_way(name: str, *, order: list[str] | None = None) -> Way:
    """A way that takes no time and notes when it was its turn."""

    def run() -> None:
        if order is not None:
            order.append(name)

    return Way(name=name, run=run)


def test_each_pair_runs_both_and_the_first_changes() -> None:
    order: list[str] = []

    pairs = run_in_turns(ours=a_way("ours", order=order), theirs=a_way("theirs", order=order), pairs=3)

    assert order == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert all(pair.ours_seconds > 0 and pair.theirs_seconds > 0 for pair in pairs)


@pytest.mark.parametrize(("bar", "verdict"), [(2.0, "held"), (2.1, "MISSED")])
def test_the_median_is_held_against_the_bar(
    bar: float, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = [a_pair(ratio) for ratio in (3.0, 1.0, 2.0)]

    held = report("race", ours=a_way("a"), theirs=a_way("b"), items=1000, pairs=pairs, bar=bar)

    printed = capsys.readouterr().out
    assert held is (verdict == "held")
    assert "| 1 | 0.5 | 500 | 167 | 3.00 |" in printed
    assert f"ratio min 1.00, median 2.00, max 3.00; bar {bar:g}: {verdict}" in printed


def test_an_unknown_comparison_is_refused_with_the_names_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["nonsense"]) == 2
    told = capsys.readouterr().err
    assert "'nonsense'" in told
    assert all(re.search(rf"\b{name}\b", told) for name in COMPARISONS)
