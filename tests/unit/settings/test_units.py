"""Durations and sizes as Spring writes them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings.units import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250", 0.25),
        ("500ms", 0.5),
        ("10s", 10),
        ("2m", 120),
        ("1h", 3_600),
        ("7d", 604_800),
        ("10S", 10),
        ("PT0.5S", 0.5),
        ("pt1h30m", 5_400),
        ("P1DT1M", 86_460),
        ("-PT1S", -1),
        ("0", 0),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "s", "1.5s", "1 week", "P", "PT", "1x", "ms10", "PT5"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"), [("7", 7), ("7B", 7), ("64KB", 65_536), ("32mb", 33_554_432), ("1TB", 1 << 40)]
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "KB", "1.5MB", "1KiB", "1 k", "1PB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40_000)))
def test_a_duration_survives_being_written(value: timedelta) -> None:
    assert parse_duration(format_duration(value)) == value


@given(st.integers(min_value=0, max_value=1 << 60))
def test_a_size_survives_being_written(value: int) -> None:
    assert parse_size(format_size(value)) == value
