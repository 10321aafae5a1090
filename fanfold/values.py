"""What the service answers, as frozen typed values: a task's status, an item's result, a node."""

from base64 import b64decode
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]
JsonValue = None | bool | int | float | str | list[Any] | dict[str, Any]


class TaskState(StrEnum):
    """Where a task is in its life."""

    QUEUED = "QUEUED"
    SUBMITTED = "SUBMITTED"
    RETRYING = "RETRYING"
    SUBMISSION_FAILED = "SUBMISSION_FAILED"
    INPROGRESS = "INPROGRESS"
    CANCELLING = "CANCELLING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_over(self) -> bool:
        """True when nothing more happens without an explicit retry."""
        return self in OVER


OVER = frozenset({TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED, TaskState.SUBMISSION_FAILED})


class Outcome(StrEnum):
    """How an item ended."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    KILLED = "killed"
    LOST = "lost"
    CANCELLED = "cancelled"

    @property
    def is_failure(self) -> bool:
        """True when the item was tried and did not succeed; a cancelled item was not tried to its end."""
        return self not in (Outcome.OK, Outcome.CANCELLED)


FAILURES = tuple(outcome for outcome in Outcome if outcome.is_failure)


class ItemResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """What became of one item."""

    index: Annotated[int, Meta(description="Place of the item in the task's list, from 0.")]
    item: Annotated[str | None, Meta(description="The item itself.")] = None
    outcome: Annotated[Outcome, Meta(description="How the item ended.")]
    exit_code: Annotated[int | None, Meta(description="Exit status of the function.")] = None
    signal: Annotated[int | None, Meta(description="Number of the signal that ended it.")] = None
    stdout: Annotated[str, Meta(description="What it wrote; bytes that are not UTF-8 appear as \\xNN.")] = ""
    stderr: Annotated[str, Meta(description="Likewise for standard error.")] = ""
    stdout_base64: Annotated[
        str | None, Meta(description="The exact bytes, only where `stdout` is not valid UTF-8.")
    ] = None
    stderr_base64: Annotated[
        str | None, Meta(description="The exact bytes, only where `stderr` is not valid UTF-8.")
    ] = None
    stdout_truncated: Annotated[bool, Meta(description="True when output beyond the cap was dropped.")] = (
        False
    )
    stderr_truncated: Annotated[bool, Meta(description="Likewise for standard error.")] = False
    value: Annotated[JsonValue, Meta(description="What a python function returned.")] = None
    started_at: Annotated[Moment | None, Meta(description="When the last attempt began.")] = None
    duration_ms: Annotated[float | None, Meta(description="How long it took, in milliseconds.")] = None
    attempt: Annotated[int | None, Meta(description="Which attempt this was, from 1.")] = None
    worker: Annotated[str | None, Meta(description="The worker that ran it.")] = None

    @property
    def stdout_bytes(self) -> bytes:
        """Standard output, byte for byte."""
        return _exact(self.stdout, base64=self.stdout_base64)

    @property
    def stderr_bytes(self) -> bytes:
        """Standard error, byte for byte."""
        return _exact(self.stderr, base64=self.stderr_base64)


class TaskStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A task as the service sees it now."""

    task_id: Annotated[str, Meta(description="The task's id.")]
    name: Annotated[str | None, Meta(description="The name it was given.")] = None
    language: Annotated[str | None, Meta(description="What its function is written in.")] = None
    status: Annotated[TaskState, Meta(description="Where the task is in its life.")]
    run: Annotated[int, Meta(description="Number of this run; a retry begins the next one.")] = 1
    control_version: Annotated[int, Meta(description="Grows with each cancel, pause, resume, retry.")] = 0
    paused: Annotated[bool, Meta(description="True while nothing new is begun.")] = False
    priority: Annotated[int, Meta(description="Tasks of higher priority go first.")] = 0
    items_total: Annotated[int, Meta(description="Number of items.")] = 0
    items_succeeded: Annotated[int, Meta(description="Items that ended well.")] = 0
    items_failed: Annotated[int, Meta(description="Items that failed for good.")] = 0
    items_cancelled: Annotated[int, Meta(description="Items cancelled before their end.")] = 0
    chunks_to_execute: Annotated[int, Meta(description="Shards known so far.")] = 0
    chunks_executed: Annotated[int, Meta(description="Shards that are done.")] = 0
    rate: Annotated[float | None, Meta(description="Items per second.")] = None
    eta_seconds: Annotated[float | None, Meta(description="Seconds to the end at this rate.")] = None
    created_at: Annotated[Moment | None, Meta(description="When it was accepted.")] = None
    started_at: Annotated[Moment | None, Meta(description="When its first shard was planned.")] = None
    finished_at: Annotated[Moment | None, Meta(description="When it ended.")] = None
    reason: Annotated[str | None, Meta(description="Why it is as it is, when that needs saying.")] = None
    warnings: Annotated[tuple[str, ...], Meta(description="Remarks on what was submitted.")] = ()
    failures: Annotated[tuple[ItemResult, ...], Meta(description="The first failed items.")] = ()

    @property
    def items_done(self) -> int:
        """Items that are accounted for, however they ended."""
        return self.items_succeeded + self.items_failed + self.items_cancelled

    @property
    def is_over(self) -> bool:
        """True when nothing more happens without an explicit retry."""
        return self.status.is_over


class TaskPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of the list of tasks."""

    tasks: Annotated[tuple[TaskStatus, ...], Meta(description="The tasks of this page.")]
    next: Annotated[str | None, Meta(description="Where the next page begins; null on the last.")] = None


class Node(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A worker that is alive."""

    node_id: Annotated[str, Meta(description="The worker's id: its name and its incarnation.")]
    name: Annotated[str | None, Meta(description="The name it was given.")] = None
    slots: Annotated[int, Meta(description="Items it runs at once.")] = 0
    busy: Annotated[int | None, Meta(description="Slots that run an item now.")] = None
    room: Annotated[bool | None, Meta(description="Whether it can take another shard.")] = None
    draining: Annotated[bool, Meta(description="True when it takes no more work.")] = False
    shards: Annotated[int | None, Meta(description="Shards it holds.")] = None
    over_http: Annotated[
        bool, Meta(description="True when it is known by HTTP beats alone: it gets no work.")
    ] = False
    last_beat_at: Annotated[Moment | None, Meta(description="When it was last heard of.")] = None


class NodeList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All workers that are alive."""

    nodes: Annotated[tuple[Node, ...], Meta(description="The workers.")]


def _exact(text: str, *, base64: str | None) -> bytes:
    return text.encode() if base64 is None else b64decode(base64)
