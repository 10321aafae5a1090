"""What the strict JSON reader takes, and what it refuses where others disagree."""

import contextlib
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import MalformedBody
from app.support.strict_json import read_json, written

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(VALUES)
def test_reads_what_the_standard_library_writes(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


@settings(deadline=None)
@given(st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value).encode()[:-1]))
def test_no_bytes_make_it_fail_otherwise(raw: bytes) -> None:
    with contextlib.suppress(MalformedBody):
        read_json(raw)


@pytest.mark.parametrize(
    ("raw", "pointer", "words"),
    [
        (b'{"a": 1, "a": 2}', "#/a", "twice"),
        (b'{"x": [{"b~/": 1, "c": 2, "b~/": 1}]}', "#/x/0/b~0~1", "twice"),
        (b'{"a": NaN}', "#/a", "NaN"),
        (b"[0, -Infinity]", "#/1", "-Infinity"),
        (b"[1e999]", "#/0", "too large"),
        (b'{"a": ["x", "\\ud800"]}', "#/a/1", "surrogate"),
        (b'{"\\udfff": 1}', "#", "surrogate"),
        (b'["\\ud83d x"]', "#/0", "surrogate"),
        (b"[" + b"7" * 4_301 + b"]", "#/0", "4300 digits"),
        (b"[0." + b"7" * 4_301 + b"]", "#/0", "4300 digits"),
        (b"[" * 34 + b"]" * 34, "#" + "/0" * 32, "32 levels"),
        (b'{"a":' * 34 + b"1" + b"}" * 34, "#" + "/a" * 32, "32 levels"),
        (b"[" * 200_000, None, "32 levels"),
        (b"\xef\xbb\xbf{}", None, "byte order mark"),
        (b'{"a": "\xff"}', None, "UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', None, "UTF-8"),
        (b"", None, "empty"),
        (b" \n", None, "empty"),
        (b"{} {}", None, "line 1, column 4"),
        (b"{'a': 1}", None, "not JSON"),
        (b'{"a": 1,}', None, "not JSON"),
        (b'["tab\there"]', None, "not JSON"),
        (b"01", None, "not JSON"),
    ],
)
def test_refuses_and_says_where(raw: bytes, pointer: str | None, words: str) -> None:
    with pytest.raises(MalformedBody) as refused:
        read_json(raw)
    assert refused.value.pointer == pointer
    assert words in refused.value.detail


def test_takes_what_is_just_within_the_limits() -> None:
    assert read_json(b"[" * 32 + b"]" * 32) is not None
    assert read_json(b"7" * 4_300) == int("7" * 4_300)
    assert read_json(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


@pytest.mark.parametrize("text", ["1.50", "1e3", "0.12345678901234567890123", "-0.0"])
def test_remembers_how_a_number_was_written(text: str) -> None:
    value = read_json(text.encode())
    assert isinstance(value, float)
    assert written(value) == text


def test_a_flaw_is_found_among_many_values() -> None:
    texts = [json.dumps(str(number)).encode() for number in range(5_000)]
    place = random.Random(7).randrange(len(texts))
    texts[place] = b'"\\udabc"'
    with pytest.raises(MalformedBody) as refused:
        read_json(b"[" + b",".join(texts) + b"]")
    assert refused.value.pointer == f"#/{place}"
