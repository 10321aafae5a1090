"""A stored result, or the lack of one, as the line that the API shows."""

from base64 import b64encode
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from app.models.result import ItemResult
from app.models.status import BriefLine, Line, ResultLine
from app.services.segment_results import Found, NoResult

SHORT_CHARACTERS = 2_000

_L = TypeVar("_L", ResultLine, BriefLine)


def line_of(found: Found, item: str | None) -> ResultLine:
    """The line of a result, or of the lack of one; `value` is taken as the JSON that it is."""
    if isinstance(found, NoResult):
        return ResultLine(index=found.index, item=item, outcome=found.outcome)
    # A value is made the slower the more of its fields are named.
    line = ResultLine(
        index=found.index,
        item=item,
        outcome=found.outcome,
        exit_code=found.exit_code,
        signal=found.signal,
        value=msgspec.Raw(found.value) if found.value is not None else UNSET,
        started_at=found.started_at,
        duration_ms=int(found.duration_ms * 1_000 + 0.5) / 1_000,
        attempt=found.attempt,
        worker=found.worker or None,
    )
    return _with_outputs(line, found) if _has_outputs(found) else line


def is_plain(found: Found) -> bool:
    """Whether there is nothing to remark upon: it succeeded, and its outputs are whole."""
    return found.outcome.is_success and not (
        isinstance(found, ItemResult) and (found.stdout_truncated or found.stderr_truncated)
    )


def brief_line_of(found: Found, item: str | None) -> Line:
    """The same, of a plain one without what only tells how it was run."""
    if isinstance(found, NoResult) or not is_plain(found):
        return line_of(found, item)
    line = BriefLine(
        index=found.index,
        outcome=found.outcome,
        value=msgspec.Raw(found.value) if found.value is not None else UNSET,
    )
    return _with_outputs(line, found) if _has_outputs(found) else line


def shortened(line: ResultLine) -> ResultLine:
    """The line with at most 2,000 characters of each output and of the item, for an overview."""
    return msgspec.structs.replace(
        line,
        item=line.item[:SHORT_CHARACTERS] if line.item is not None else None,
        stdout=line.stdout[:SHORT_CHARACTERS],
        stderr=line.stderr[:SHORT_CHARACTERS],
        stdout_base64=UNSET,
        stderr_base64=UNSET,
        stdout_truncated=line.stdout_truncated or len(line.stdout) > SHORT_CHARACTERS,
        stderr_truncated=line.stderr_truncated or len(line.stderr) > SHORT_CHARACTERS,
        value=UNSET,
    )


def _has_outputs(found: ItemResult) -> object:
    return found.stdout or found.stderr or found.stdout_truncated or found.stderr_truncated


def _with_outputs(line: _L, found: ItemResult) -> _L:
    return msgspec.structs.replace(
        line,
        stdout=found.stdout.decode(errors="backslashreplace"),
        stderr=found.stderr.decode(errors="backslashreplace"),
        stdout_base64=_base64_of(found.stdout),
        stderr_base64=_base64_of(found.stderr),
        stdout_truncated=found.stdout_truncated,
        stderr_truncated=found.stderr_truncated,
    )


def _base64_of(output: bytes) -> str | UnsetType:
    if output.isascii():
        return UNSET
    try:
        output.decode()
    except UnicodeDecodeError:
        return b64encode(output).decode()
    return UNSET
