"""Answers of the service as typed values."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from fanfold.errors import UnreadableAnswer
from fanfold.values import ItemResult

_T = TypeVar("_T")
_ITEM_RESULT = msgspec.json.Decoder(ItemResult)


def read_answer(body: bytes, *, kind: type[_T]) -> _T:
    """The value in a JSON answer. Members that this client does not know are passed over."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error


def read_results(pieces: Iterable[bytes]) -> Iterator[ItemResult]:
    """Results out of NDJSON that arrives in pieces; a line may be cut anywhere."""
    for line in _lines(pieces):
        try:
            yield _ITEM_RESULT.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _unreadable(error) from error


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    begun: list[bytes] = []
    for piece in pieces:
        first, *others = piece.split(b"\n")
        begun.append(first)
        for other in others:
            yield from _line(begun)
            begun = [other]
    yield from _line(begun)


def _line(parts: Iterable[bytes]) -> Iterator[bytes]:
    line = b"".join(parts)
    if line.strip():
        yield line


def _unreadable(error: Exception) -> UnreadableAnswer:
    return UnreadableAnswer(
        f"the server's answer is not Fanfold's: {error}",
        hint="does the address belong to a Fanfold scheduler?",
    )
