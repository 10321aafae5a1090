"""Values as responses."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus

import msgspec
from flask import Response

from app.controllers.problems import Problem
from app.models.status import ResultLine

PIECE_BYTES = 64 << 10
NDJSON = "application/x-ndjson"
_encoder = msgspec.json.Encoder()


def as_json(value: msgspec.Struct, *, status: int = HTTPStatus.OK) -> Response:
    """The value as JSON on a line of its own (kind to terminals), which nobody keeps."""
    response = Response(_encoder.encode(value) + b"\n", status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


class BrokenOff(msgspec.Struct, frozen=True, kw_only=True):
    """The last line of a stream that cannot go on: the server would end it as if it were complete."""

    problem: Problem


def as_pieces(lines: Iterable[ResultLine | BrokenOff]) -> Iterator[bytes]:
    """The lines as NDJSON in pieces of some size, so that a million lines are not a million writes."""
    piece = bytearray()
    for line in lines:
        piece += _encoder.encode(line)
        piece += b"\n"
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
