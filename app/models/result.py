"""What became of one item: its outcome, output and times, as a value."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """How an item ended."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    KILLED = "killed"
    LOST = "lost"
    CANCELLED = "cancelled"

    @property
    def is_success(self) -> bool:
        return self is Outcome.OK


class ItemResult(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """One result. `value` is JSON text (python items). Outputs are exact bytes, cut at the cap.

    Stored as an array, which is read twice as fast as a map; slot processes for python write it, too.
    `started_at` is by the worker's clock; `duration_ms` is milliseconds of a monotonic clock where the runner
    has one. `attempt` starts at 1.
    """

    index: int
    started_at: datetime | None = None
    duration_ms: float = 0.0
    attempt: int = 1
    stdout: bytes = b""
    stderr: bytes = b""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    worker: str = ""
    outcome: Outcome
    exit_code: int | None = None
    signal: int | None = None
    value: bytes | None = None
