"""Everything that goes wrong in a request, as a problem document (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from app.errors import FanfoldError
from app.models.request import InvalidRequest
from app.support.ids import new_id
from app.support.logs import get_logger

PROBLEM = "application/problem+json"
TYPES = "/docs/reference/http"
RETRY_AFTER_SECONDS = 1
OF_FLASK = {
    400: ("request-malformed", "The request cannot be understood."),
    404: ("not-found", "There is nothing of this path: see the calls above."),
    405: ("method-not-allowed", "This path does not take this method: the header Allow says which it takes."),
}
"""Code and meaning of what Flask itself refuses, by status."""
_NOT_FOR_HEAD = frozenset({"content-type", "content-length"})
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_log = get_logger(__name__)


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of several faults of a kind."""

    detail: str
    pointer: str | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, and what to do about it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str | None = None
    pointer: str | None = None
    hint: str | None = None
    retryable: bool = False
    errors: tuple[Fault, ...] = ()


def problem_of(error: FanfoldError, *, instance: str | None = None) -> Problem:
    """The document for an error of ours."""
    faults = error.faults if isinstance(error, InvalidRequest) else ()
    return Problem(
        type=f"{TYPES}#{error.code}",
        title=error.title,
        status=error.status,
        code=error.code,
        detail=error.detail,
        instance=instance,
        pointer=error.pointer,
        hint=error.hint,
        retryable=error.retryable,
        errors=tuple(Fault(detail=detail, pointer=pointer) for detail, pointer in faults),
    )


def answer(problem: Problem, *, headers: Mapping[str, str] | None = None) -> Response:
    response = Response(msgspec.json.encode(problem) + b"\n", status=problem.status, content_type=PROBLEM)
    response.headers.update(headers or {})
    response.headers["Cache-Control"] = "no-store"
    if request.method not in _WITHOUT_BODY:
        # What is left of the body is not read, so the server closes the connection: clients must know.
        response.headers["Connection"] = "close"
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def register(app: Flask) -> None:
    """Has every exception of a request answered as a problem."""
    app.register_error_handler(FanfoldError, _ours)
    app.register_error_handler(HTTPException, _of_flask)
    app.register_error_handler(Exception, _unexpected)


def _ours(error: FanfoldError) -> Response:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log = _log.info if error.retryable else _log.error
        log("request_failed", path=request.path, code=error.code, detail=error.detail)
    return answer(problem_of(error, instance=request.path), headers=_accepts(error.status))


def _of_flask(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    code, _ = OF_FLASK.get(status, (f"http-{status}", ""))
    problem = Problem(
        type=f"{TYPES}#{code}",
        title=error.name,
        status=status,
        code=code,
        detail=error.description or error.name,
        instance=request.path,
    )
    kept = {name: value for name, value in error.get_headers() if name.lower() not in _NOT_FOR_HEAD}
    return answer(problem, headers=kept | _accepts(status))


def _unexpected(error: Exception) -> Response:
    return answer(unexpected_problem(error))


def unexpected_problem(error: Exception) -> Problem:
    """Logs a mistake of ours; the document names the log entry and nothing else."""
    error_id = new_id()
    _log.error("request_broke", error_id=error_id, method=request.method, path=request.path, exc_info=error)
    return Problem(
        type=f"{TYPES}#internal",
        title="Internal error",
        status=500,
        code="internal",
        detail="something went wrong in the service",
        instance=f"urn:uuid:{error_id}",
        hint=f"the log of the service tells more under error_id {error_id}",
    )


def _accepts(status: int) -> dict[str, str]:
    if status != HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        return {}
    kinds = "application/json, application/x-www-form-urlencoded, application/x-ndjson"
    return {"Accept-Post": kinds, "Accept-Encoding": "identity"}
