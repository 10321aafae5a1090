"""From an answer that is no success to the exception that says what to do."""

import msgspec

from fanfold.errors import (
    IllegalState,
    Problem,
    RequestRefused,
    ServerFault,
    TaskIdInUse,
    TaskNotFound,
    TryAgain,
)

AWAY = frozenset({429, 502, 503, 504})
"""HTTP statuses of a server that cannot serve now, where another or a later try may do."""

_BY_CODE: dict[str, type[Problem]] = {kind.code: kind for kind in (TaskNotFound, TaskIdInUse, IllegalState)}
_BY_STATUS: dict[int, type[Problem]] = {409: IllegalState, 429: TryAgain, 503: TryAgain}


class _Fault(msgspec.Struct, frozen=True):
    detail: str = ""
    pointer: str | None = None


class _Document(msgspec.Struct, frozen=True):
    title: str = ""
    detail: str = ""
    code: str | None = None
    hint: str | None = None
    pointer: str | None = None
    errors: list[_Fault] = []


def problem(*, status: int, body: bytes, retry_after: str | None = None) -> Problem:
    """The exception for an answer of this HTTP status and body, which need not be a problem document."""
    document = _read(body)
    kind = _kind(status=status, code=document.code)
    error = kind(
        document.detail or document.title or f"the server answered HTTP {status}",
        status=status,
        code=document.code,
        hint=document.hint,
        pointer=document.pointer,
        faults=[_line(fault) for fault in document.errors],
    )
    if isinstance(error, TryAgain):
        error.retry_after_seconds = _seconds(retry_after)
    return error


def _read(body: bytes) -> _Document:
    try:
        return msgspec.json.decode(body, type=_Document)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _Document()


def _kind(*, status: int, code: str | None) -> type[Problem]:
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return RequestRefused if status < 500 else ServerFault


def _line(fault: _Fault) -> str:
    return f"{fault.pointer}: {fault.detail}" if fault.pointer else fault.detail


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None
