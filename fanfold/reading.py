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


def read_results(pieces: Iterable[bytes]) -> Iterator[list[ItemResult]]:
    """Results out of NDJSON that arrives in pieces, those of a piece together; a line may be cut anywhere.

    A last line that is a problem says why the server could not go on: raises StreamBroken where another
    try may do, else the Problem.
    """
    for lines in _whole_lines(pieces):
        if _PROBLEM in lines:
            yield from _results_on(lines)
        elif lines:
            yield _decoded(lines)


def _results_on(lines: bytes) -> Iterator[list[ItemResult]]:
    """Line by line, because one of them may be a problem."""
    for line in lines.split(b"\n"):
        if line.startswith(_PROBLEM):
            raise _broken_off(line)
        if line:
            yield _decoded(line)


def _decoded(lines: bytes) -> list[ItemResult]:
    try:
        return _ITEM_RESULT.decode_lines(lines)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error


def _broken_off(line: bytes) -> FanfoldError:
    document = msgspec.json.decode(line, type=dict[str, msgspec.Raw])["problem"]
    status = msgspec.json.decode(document, type=_Status).status
    error = problem(status=status, body=document)
    return StreamBroken(error.detail) if status in AWAY else error


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Some lines at a time, none of them cut; at last what comes after the last line feed."""
    begun: list[bytes] = []
    for piece in pieces:
        whole, end, rest = piece.rpartition(b"\n")
        if end:
            yield b"".join((*begun, whole))
            begun = []
        begun.append(rest)
    yield b"".join(begun)


def _unreadable(error: Exception) -> UnreadableAnswer:
    return UnreadableAnswer(
        f"the server's answer is not Fanfold's: {error}",
        hint="does the address belong to a Fanfold scheduler?",
    )
