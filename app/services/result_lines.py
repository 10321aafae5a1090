"""A stored result, or the lack of one, as the line that the API shows."""

from base64 import b64encode
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType

from app.models.result import ItemResult
from app.models.status import ResultLine
from app.services.segment_results import Found, NoResult

SHORT_CHARACTERS = 2_000


def line_of(found: Found, item: str | None) -> ResultLine:
    """The line of a result, or of the lack of one; `value` is taken as the JSON that it is."""
    if isinstance(found, NoResult):
        return ResultLine(index=found.index, item=item, outcome=found.outcome)
    line = ResultLine(
        index=found.index,
        item=item,
        outcome=found.outcome,
        exit_code=found.exit_code,
        signal=found.signal,
        stdout=_text(found.stdout),
        stderr=_text(found.stderr),
        value=msgspec.Raw(found.value) if found.value is not None else UNSET,
        started_at=datetime.fromtimestamp(found.started_at, UTC) if found.started_at else None,
        duration_ms=int(found.duration_ms * 1_000 + 0.5) / 1_000,
        attempt=found.attempt,
        worker=found.worker or None,
    )
    return line if _is_plain(found) else _said_in_full(line, found)


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


def _text(output: bytes) -> str:
    return output.decode(errors="backslashreplace") if output else ""


def _is_plain(found: ItemResult) -> bool:
    """Whether the outputs are surely text, and all that there was."""
    is_whole = not (found.stdout_truncated or found.stderr_truncated)
    return is_whole and found.stdout.isascii() and found.stderr.isascii()


def _said_in_full(line: ResultLine, found: ItemResult) -> ResultLine:
    # Apart, because a value is made the slower the more of its fields are named.
    return msgspec.structs.replace(
        line,
        stdout_base64=_base64_of(found.stdout),
        stderr_base64=_base64_of(found.stderr),
        stdout_truncated=found.stdout_truncated,
        stderr_truncated=found.stderr_truncated,
    )


def _base64_of(output: bytes) -> str | UnsetType:
    try:
        output.decode()
    except UnicodeDecodeError:
        return b64encode(output).decode()
    return UNSET
