"""Answers of the service as typed values."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from fanfold.errors import FanfoldError, StreamBroken, UnreadableAnswer
from fanfold.problems import AWAY, problem
from fanfold.values import ItemResult

_T = TypeVar("_T")
_PROBLEM = b'{"problem":'
_ITEM_RESULT = msgspec.json.Decoder(ItemResult)


class _Status(msgspec.Struct, frozen=True):
    status: int


def read_answer(body: bytes, *, kind: type[_T]) -> _T:
    """The value in a JSON answer. Members that this client does not know are passed over."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error


def read_results(pieces: Iterable[bytes]) -> Iterator[ItemResult]:
    """Results out of NDJSON that arrives in pieces; a line may be cut anywhere.

    A last line that is a problem says why the server could not go on: raises StreamBroken where another
    try may do, else the Problem.
    """
    for line in _lines(pieces):
        if line.startswith(_PROBLEM):
            raise _broken_off(line)
        try:
            yield _ITEM_RESULT.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _unreadable(error) from error


def _broken_off(line: bytes) -> FanfoldError:
    document = msgspec.json.decode(line, type=dict[str, msgspec.Raw])["problem"]
    status = msgspec.json.decode(document, type=_Status).status
    error = problem(status=status, body=document)
    return StreamBroken(error.detail) if status in AWAY else error


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
