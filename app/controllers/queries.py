"""Query parameters as typed values."""

from math import isfinite
from typing import ClassVar

from flask import Request

from app.errors import FanfoldError
from app.models.result import Outcome
from app.services.paging import Cursor
from app.services.results import Selection

MOST_TASKS = 500
DEFAULT_TASKS = 50
MOST_NODE_ID = 200
_MOST_INDEX = 2**53


class InvalidParameter(FanfoldError):
    """A parameter of the query has a value that cannot be used."""

    code: ClassVar[str] = "parameter-invalid"
    status = 422
    title = "A parameter has a value that cannot be used"


def wait_seconds(request: Request) -> float | None:
    """How long the answer may be held back; None where it is not asked for."""
    text = request.args.get("wait")
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not isfinite(seconds) or seconds < 0:
        raise InvalidParameter(f"wait={text[:50]!r} is no number of seconds", hint="such as wait=20")
    return seconds


def selection(request: Request) -> Selection:
    """Which results are asked for."""
    return Selection(
        outcomes=_outcomes(request),
        start=_integer(request, "start", default=0, least=0, most=_MOST_INDEX) or 0,
        limit=_integer(request, "limit", default=None, least=0, most=_MOST_INDEX),
        gapless=_flag(request, "gapless"),
        brief=_flag(request, "brief"),
    )


def page_limit(request: Request) -> int:
    """How many tasks a page may have."""
    return _integer(request, "limit", default=DEFAULT_TASKS, least=1, most=MOST_TASKS) or DEFAULT_TASKS


def cursor(request: Request) -> Cursor | None:
    """Where the page begins."""
    text = request.args.get("after")
    if text is None:
        return None
    try:
        return Cursor.read(text)
    except ValueError as error:
        raise InvalidParameter("after is not what an earlier page's next said") from error


def task_id(request: Request) -> str:
    """The task that is meant."""
    text = request.args.get("taskId", "")
    if not text:
        raise InvalidParameter("taskId is missing", hint="such as /schedule/status?taskId=UUID")
    return text


def node_id(request: Request) -> str:
    """The node that beats."""
    text = request.args.get("nodeId", "")
    if not text or len(text) > MOST_NODE_ID or not text.isprintable():
        raise InvalidParameter(f"nodeId is missing, or not a name of at most {MOST_NODE_ID} characters")
    return text


def _outcomes(request: Request) -> frozenset[Outcome]:
    names = [name.strip() for text in request.args.getlist("outcome") for name in text.split(",")]
    known = {outcome.value: outcome for outcome in Outcome}
    for name in names:
        if name and name not in known:
            raise InvalidParameter(f"outcome {name[:50]!r} is not known", hint=f"one of {', '.join(known)}")
    return frozenset(known[name] for name in names if name)


def _integer(request: Request, name: str, *, default: int | None, least: int, most: int) -> int | None:
    text = request.args.get(name)
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else -1
    if not least <= number <= most:
        raise InvalidParameter(f"{name}={text[:50]!r} is no whole number from {least} to {most}")
    return number


def _flag(request: Request, name: str) -> bool:
    text = request.args.get(name, "false").lower()
    if text not in {"true", "false", "1", "0", ""}:
        raise InvalidParameter(f"{name}={text[:50]!r} is neither true nor false")
    return text in {"true", "1", ""}
