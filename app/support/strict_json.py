"""A JSON reader that takes what RFC 8259 and I-JSON allow and nothing that readers disagree about.

Refused: duplicate keys, NaN and infinities, lone surrogates, nesting beyond `most_depth`, numbers of more
than 4,300 digits, text that is not UTF-8, a byte order mark.
"""

import json
import re
from collections.abc import Iterable
from typing import NoReturn

from app.errors import MalformedBody

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MOST_DEPTH = 32
MOST_DIGITS = 4_300
_TOO_LONG = f"the number has over {MOST_DIGITS} digits"
_BOM = b"\xef\xbb\xbf"
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


class WrittenFloat(float):
    """A number with a fraction or exponent that remembers how it was written."""

    text: str

    def __new__(cls, text: str) -> "WrittenFloat":
        number = super().__new__(cls, text)
        number.text = text
        return number


class _Flaw(str):
    """Stands in the parsed value where something must be refused; the text says why."""

    __slots__ = ()


class _FlawedKeys(dict[str, Json]):
    """An object that names a key twice."""

    twice: str


def read_json(raw: bytes, *, most_depth: int = MOST_DEPTH) -> Json:
    """The value that `raw` holds. Raises MalformedBody, with the place and, where it has one, a pointer."""
    text = _decoded(raw)
    reader = _Reader()
    try:
        value: Json = reader.decoder.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedBody(
            f"this is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    except RecursionError as error:
        raise MalformedBody(f"the JSON is nested more than {most_depth} levels deep") from error
    surrogates = _SURROGATE_ESCAPE.search(raw) is not None
    _check(value, most_depth=most_depth, every_text=surrogates or reader.flawed)
    return value


def written(number: float) -> str:
    """The text of a number as it stood in the JSON."""
    return number.text if isinstance(number, WrittenFloat) else str(number)


def _decoded(raw: bytes) -> str:
    if raw.startswith(_BOM):
        raise MalformedBody("the body begins with a byte order mark", hint="send UTF-8 without one")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"the body is not UTF-8: byte {error.start} cannot be decoded") from error
    if not text.strip():
        raise MalformedBody("the body is empty", hint="send a JSON object")
    return text


class _Reader:
    """The standard library's decoder with hooks that leave a flaw in the value instead of the value."""

    def __init__(self) -> None:
        self.flawed = False
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._int,
            parse_float=self._float,
            parse_constant=self._constant,
        )

    def _object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        value = dict(pairs)
        if len(value) == len(pairs):
            return value
        self.flawed = True
        flawed = _FlawedKeys(value)
        flawed.twice = _first_repeated(key for key, _ in pairs)
        return flawed

    def _int(self, text: str) -> Json:
        return int(text) if len(text) <= MOST_DIGITS else self._flaw(_TOO_LONG)

    def _float(self, text: str) -> Json:
        if len(text) > MOST_DIGITS:
            return self._flaw(_TOO_LONG)
        number = WrittenFloat(text)
        return self._flaw(f"{text} is too large a number") if number in _INFINITIES else number

    def _constant(self, text: str) -> Json:
        return self._flaw(f"{text} is not JSON")

    def _flaw(self, reason: str) -> _Flaw:
        self.flawed = True
        return _Flaw(reason)


def _first_repeated(keys: Iterable[str]) -> str:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return ""


_INFINITIES = (float("inf"), float("-inf"))


def _check(root: Json, *, most_depth: int, every_text: bool) -> None:
    """Walks over containers, and over everything where `every_text`. Raises MalformedBody."""
    waiting: list[tuple[Json, str, int]] = [(root, "#", 0)]
    while waiting:
        value, pointer, depth = waiting.pop()
        if every_text:
            _check_one(value, pointer)
        if not isinstance(value, dict | list):
            continue
        if depth == most_depth:
            raise MalformedBody(f"the JSON is nested more than {most_depth} levels deep", pointer=pointer)
        items = value.items() if isinstance(value, dict) else enumerate(value)
        waiting += [
            (child, f"{pointer}/{_escaped(key)}", depth + 1)
            for key, child in items
            if every_text or isinstance(child, dict | list)
        ]


def _check_one(value: Json, pointer: str) -> None:
    if isinstance(value, _Flaw):
        raise MalformedBody(str(value), pointer=pointer)
    if isinstance(value, _FlawedKeys):
        raise MalformedBody(
            f"the key {value.twice!r} is there twice", pointer=f"{pointer}/{_escaped(value.twice)}"
        )
    texts = value if isinstance(value, dict) else [value] if isinstance(value, str) else []
    if any(not _is_unicode(text) for text in texts):
        _refuse_surrogate(pointer)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_surrogate(pointer: str) -> NoReturn:
    raise MalformedBody(
        "the text holds half of a surrogate pair",
        pointer=pointer,
        hint=r"write characters beyond U+FFFF as two \u escapes, or as UTF-8",
    )


def _escaped(key: str | int) -> str:
    text = key if isinstance(key, str) else str(key)
    if not _is_unicode(text):
        text = text.encode("utf-8", "backslashreplace").decode()
    return text.replace("~", "~0").replace("/", "~1")
