"""Reading request bodies: whole up to a limit, or line by line with memory that stays flat."""

from collections.abc import Iterator
from typing import ClassVar

from flask import Request

from app.errors import FanfoldError, MalformedBody

READ_BYTES = 64 << 10
Lines = tuple[int, list[bytes]]
"""The number of the first, from 1, and some lines that follow each other."""


class BodyTooLarge(FanfoldError):
    """The body is larger than fanfold.http.max-body: send the items as NDJSON, which is streamed."""

    code: ClassVar[str] = "body-too-large"
    status = 413
    title = "The body is too large"


class UnsupportedType(FanfoldError):
    """The body is of a kind that this call does not take."""

    code: ClassVar[str] = "content-type-unsupported"
    status = 415
    title = "The content type is not supported"


class LengthRequired(FanfoldError):
    """The body cannot be told from one that was cut off: say its length, or how many items it has."""

    code: ClassVar[str] = "length-required"
    status = 411
    title = "The length of the body is not known"


def media_type(request: Request) -> str:
    """What the body is said to be, in lower case. Raises UnsupportedType for an encoding other than UTF-8."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedType("the body is compressed", hint="send it as it is, without Content-Encoding")
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower().replace("_", "-") not in {"utf-8", "utf8", "us-ascii"}:
        raise UnsupportedType(f"the charset {charset[:50]} is not supported", hint="send UTF-8")
    return request.mimetype.lower()


def whole(request: Request, *, most_bytes: int) -> bytes:
    """The body. Raises BodyTooLarge, and MalformedBody where it was cut off."""
    _check_length(request, most_bytes=most_bytes)
    body = b"".join(_pieces(request, most_bytes=most_bytes))
    _check_complete(request, received=len(body))
    return body


def portions_of_lines(request: Request, *, most_line_bytes: int) -> Iterator[Lines]:
    """The body's lines without their ends. Raises BodyTooLarge for a line, MalformedBody for a cut."""
    number = 1
    received = begun_bytes = 0
    begun: list[bytes] = []
    for piece in _pieces(request, most_bytes=None):
        received += len(piece)
        first, *others = piece.split(b"\n")
        begun.append(first)
        begun_bytes += len(first)
        if others:
            yield number, [b"".join(begun), *others[:-1]]
            number += len(others)
            begun, begun_bytes = others[-1:], len(others[-1])
        if begun_bytes > most_line_bytes:
            raise BodyTooLarge(f"line {number} of the body has more than {most_line_bytes} bytes")
    _check_complete(request, received=received, where=f", in line {number}")
    yield number, [b"".join(begun)]


def _pieces(request: Request, *, most_bytes: int | None) -> Iterator[bytes]:
    received = 0
    # The server's stream gives single bytes when it is iterated: read it in pieces.
    while piece := request.stream.read(READ_BYTES):
        received += len(piece)
        if most_bytes is not None and received > most_bytes:
            raise _too_large(most_bytes)
        yield piece


def _check_length(request: Request, *, most_bytes: int) -> None:
    if request.content_length is not None and request.content_length > most_bytes:
        raise _too_large(most_bytes)


def _check_complete(request: Request, *, received: int, where: str = "") -> None:
    # The server ends a body whose connection broke as if it were complete.
    if request.content_length is not None and received < request.content_length:
        raise MalformedBody(f"the body ends after {received} of {request.content_length} bytes{where}")


def _too_large(most_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"the body has more than {most_bytes} bytes",
        hint="send the items as application/x-ndjson, a line each, which has no such limit",
    )
