"""Values as responses."""

from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus

import msgspec
from flask import Response

from app.controllers.problems import Problem
from app.models.status import Line

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


def as_pieces(batches: Iterable[Sequence[Line | BrokenOff]]) -> Iterator[bytes]:
    """The lines as NDJSON, a piece for each batch, so that a million lines are not a million writes."""
    return map(_encoder.encode_lines, batches)
