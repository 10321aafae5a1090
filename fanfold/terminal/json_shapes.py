"""The JSON that commands print, as types; the reference is made from them."""

import sys
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from fanfold.errors import FanfoldError, Problem
from fanfold.values import ItemResult, TaskStatus


class ErrorDetail(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What went wrong."""

    code: Annotated[str, Meta(description="Stable name of the kind of error.")]
    detail: Annotated[str, Meta(description="What went wrong, for people.")]
    hint: Annotated[str | None, Meta(description="The remedy.")] = None
    status: Annotated[int | None, Meta(description="HTTP status, when the server said it.")] = None
    pointer: Annotated[str | None, Meta(description="JSON pointer to the field at fault.")] = None
    faults: Annotated[tuple[str, ...], Meta(description="One line a fault, when there are several.")] = ()
    task_id: Annotated[str | None, Meta(description="The task that goes on all the same.")] = None


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What any command prints instead of its answer when it fails."""

    error: Annotated[ErrorDetail, Meta(description="What went wrong.")]


class RunReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A whole run."""

    results: Annotated[tuple[ItemResult, ...], Meta(description="One an item, in item order.")]
    task: Annotated[TaskStatus | None, Meta(description="The task at its end; null without one.")] = None
    error: Annotated[
        ErrorDetail | None, Meta(description="Why the run could not be followed to its end.")
    ] = None


def error_detail(error: FanfoldError, *, task_id: str | None = None) -> ErrorDetail:
    """An error as a value to print."""
    if not isinstance(error, Problem):
        return ErrorDetail(code=error.code, detail=error.detail, hint=error.hint, task_id=task_id)
    return ErrorDetail(
        code=error.code,
        detail=error.detail,
        hint=error.hint,
        status=error.status,
        pointer=error.pointer,
        faults=error.faults,
        task_id=task_id,
    )


def to_json(value: object) -> bytes:
    """A value as one line of JSON, without the line's end."""
    return msgspec.json.encode(value)


def to_json_lines(values: Sequence[object]) -> bytes:
    """Each value as a line of JSON."""
    return msgspec.json.Encoder().encode_lines(values)


def print_json(value: object) -> None:
    """Write a value to stdout as one line of JSON."""
    sys.stdout.buffer.write(to_json(value) + b"\n")
    sys.stdout.buffer.flush()
