"""How rounds are held against bars."""

import pytest

from benchmarks.judging import Bar, report
from benchmarks.side_by_side import ITEMS_A_SECOND, Round


def a_round(*, ours: float, theirs: float) -> Round:
    figures = {"ours": {ITEMS_A_SECOND: ours}, "theirs": {ITEMS_A_SECOND: theirs}}
    return Round(figures=figures, load=0.5)


ROUNDS = [a_round(ours=300, theirs=100), a_round(ours=100, theirs=100), a_round(ours=400, theirs=200)]


@pytest.mark.parametrize(
    ("least", "most", "verdict"),
    [(2.0, None, "held"), (2.1, None, "MISSED"), (None, 2.0, "held"), (None, 1.9, "MISSED")],
)
def test_the_median_ratio_is_held_against_the_bar(
    least: float | None, most: float | None, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bar = Bar(ours="ours", theirs="theirs", least=least, most=most, goal=3)

    held = report("race", work="1 item", rounds=ROUNDS, bars=[bar])

    printed = capsys.readouterr().out
    assert held is (verdict == "held")
    assert "| 1 | 0.5 | 300 | 100 |" in printed
    assert f"| items/s | `ours` | `theirs` | 1.00 | 2.00 | 3.00 | {bar} | 3 | {verdict} |" in printed


def test_one_missed_bar_is_enough_and_all_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    bars = [Bar(ours="ours", theirs="theirs", least=least) for least in (9, 1)]

    assert not report("race", work="1 item", rounds=ROUNDS, bars=bars)

    assert capsys.readouterr().out.count("| `ours` | `theirs` |") == 2


def test_a_ratio_without_a_bar_is_shown_and_never_missed(capsys: pytest.CaptureFixture[str]) -> None:
    assert report("race", work="1 item", rounds=ROUNDS, bars=[Bar(ours="theirs", theirs="ours")])

    assert "| `theirs` | `ours` | 0.33 | 0.50 | 1.00 | none |  |  |" in capsys.readouterr().out


def test_ways_may_differ_in_what_they_measure(capsys: pytest.CaptureFixture[str]) -> None:
    rounds = [Round(figures={"a": {"ms": 1.25, "MB": 7}, "b": {"ms": 2.5}}, load=1.0)]

    report("race", work="1 item", rounds=rounds, bars=[Bar(ours="a", theirs="b", figure="ms")])

    printed = capsys.readouterr().out
    assert "| round | load | `a` ms | `b` ms |" in printed
    assert "| round | load | `a` MB |" in printed
