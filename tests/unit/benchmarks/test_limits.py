"""Figures against bars of their own."""

import pytest

from benchmarks.limits import Measured, report_limits


@pytest.mark.parametrize(
    ("least", "most", "is_held", "bar"),
    [
        (None, None, True, ""),
        (5, None, True, "≥ 5"),
        (5.1, None, False, "≥ 5.1"),
        (None, 5, True, "≤ 5"),
        (None, 4.9, False, "≤ 4.9"),
        (4, 6, True, "≥ 4 and ≤ 6"),
    ],
)
def test_a_bar_is_held_or_missed(least: float | None, most: float | None, is_held: bool, bar: str) -> None:  # noqa: FBT001
    measured = Measured(what="it", value=5, unit="ms", least=least, most=most)
    assert (measured.is_held, measured.bar) == (is_held, bar)


def test_all_are_printed_and_one_that_is_missed_counts(capsys: pytest.CaptureFixture[str]) -> None:
    figures = [
        Measured(what="good", value=12_345.6, unit="items/s", least=1),
        Measured(what="bad", value=0.1234, unit="ms", most=0.1),
        Measured(what="free", value=1, unit="MiB"),
    ]
    assert report_limits("title", work="work", figures=figures) is False
    rows = capsys.readouterr().out.splitlines()
    assert "| good | 12,346 | items/s | ≥ 1 | held |" in rows
    assert "| bad | 0.123 | ms | ≤ 0.1 | MISSED |" in rows
    assert "| free | 1 | MiB |  |  |" in rows
    assert report_limits("title", work="work", figures=figures[::2]) is True
