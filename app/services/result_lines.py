"""A stored result, or the lack of one, as the line that the API shows."""

from base64 import b64encode
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType

from app.models.result import ItemResult, Outcome
from app.models.status import ResultLine

SHORT_CHARACTERS = 2_000


def line_of(result: ItemResult, *, item: str | None) -> ResultLine:
    """The line of a result; `value` is taken as the JSON that it is."""
    stdout, stdout_base64 = _shown(result.stdout)
    stderr, stderr_base64 = _shown(result.stderr)
    return ResultLine(
        index=result.index,
        item=item,
        outcome=result.outcome,
        exit_code=result.exit_code,
        signal=result.signal,
        stdout=stdout,
        stderr=stderr,
        stdout_base64=stdout_base64,
        stderr_base64=stderr_base64,
        stdout_truncated=result.stdout_truncated,
        stderr_truncated=result.stderr_truncated,
        value=msgspec.Raw(result.value) if result.value is not None else UNSET,
        started_at=datetime.fromtimestamp(result.started_at, tz=UTC) if result.started_at else None,
        duration_ms=round(result.duration_ms, 3),
        attempt=result.attempt,
        worker=result.worker or None,
    )


def line_without_result(index: int, *, item: str | None, outcome: Outcome) -> ResultLine:
    """The line of an item that was given up or never begun."""
    return ResultLine(index=index, item=item, outcome=outcome)


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


def _shown(output: bytes) -> tuple[str, str | UnsetType]:
    try:
        return output.decode(), UNSET
    except UnicodeDecodeError:
        return output.decode(errors="backslashreplace"), b64encode(output).decode()
