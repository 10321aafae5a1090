"""What the API says of tasks, items and workers: the answers' shapes, camelCase on the wire."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.models.result import Outcome
from app.models.task import TaskState


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Anything that is answered as JSON."""


class ResultLine(View, frozen=True, kw_only=True, gc=False):
    """What became of one item."""

    index: Annotated[int, Meta(description="Place of the item in the list, from 0.")]
    item: Annotated[str | None, Meta(description="The item itself.")]
    outcome: Annotated[Outcome, Meta(description="How it ended.")]
    exit_code: Annotated[int | None, Meta(description="Exit status of the function.")] = None
    signal: Annotated[int | None, Meta(description="Number of the signal that ended it.")] = None
    stdout: Annotated[str, Meta(description=r"What it wrote; bytes that are not UTF-8 as \xNN.")] = ""
    stderr: Annotated[str, Meta(description="Likewise for standard error.")] = ""
    stdout_base64: Annotated[
        str | UnsetType, Meta(description="The exact bytes, only where `stdout` is not UTF-8.")
    ] = UNSET
    stderr_base64: Annotated[str | UnsetType, Meta(description="Likewise for standard error.")] = UNSET
    stdout_truncated: Annotated[bool, Meta(description="Whether output beyond the cap was dropped.")] = False
    stderr_truncated: Annotated[bool, Meta(description="Likewise for standard error.")] = False
    value: Annotated[msgspec.Raw | UnsetType, Meta(description="What a python function returned.")] = UNSET
    started_at: Annotated[datetime | None, Meta(description="When this attempt began.")] = None
    duration_ms: Annotated[float | None, Meta(description="How long it took, in milliseconds.")] = None
    attempt: Annotated[int | None, Meta(description="Which attempt this was, from 1.")] = None
    worker: Annotated[str | None, Meta(description="The worker that ran it.")] = None


class BriefLine(View, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What an item that succeeded wrote and returned: as in `ResultLine`, what is not said is its default."""

    index: int
    outcome: Outcome
    stdout: str = ""
    stderr: str = ""
    stdout_base64: str | UnsetType = UNSET
    stderr_base64: str | UnsetType = UNSET
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    value: msgspec.Raw | UnsetType = UNSET


Line = ResultLine | BriefLine


class TaskStatus(View, frozen=True, kw_only=True):
    """A task as it is now."""

    task_id: Annotated[str, Meta(description="The task's id.")]
    name: Annotated[str | None, Meta(description="The name it was given.")]
    language: Annotated[str, Meta(description="What its function is written in.")]
    status: Annotated[TaskState, Meta(description="Where it is in its life.")]
    run: Annotated[int, Meta(description="Number of this run; a retry begins the next.")]
    control_version: Annotated[int, Meta(description="Grows with each cancel, pause, resume, retry.")]
    paused: Annotated[bool, Meta(description="Whether nothing new is begun.")]
    priority: Annotated[int, Meta(description="Tasks of higher priority go first.")]
    items_total: Annotated[int, Meta(description="Number of items.")]
    items_succeeded: Annotated[int, Meta(description="Items that ended well.")]
    items_failed: Annotated[int, Meta(description="Items that failed for good.")]
    items_cancelled: Annotated[int, Meta(description="Items cancelled before their end.")]
    chunks_to_execute: Annotated[int, Meta(description="Shards known so far.")]
    chunks_executed: Annotated[int, Meta(description="Shards that are done.")]
    rate: Annotated[float | None, Meta(description="Items a second.")] = None
    eta_seconds: Annotated[float | None, Meta(description="Seconds to the end at this rate.")] = None
    created_at: Annotated[datetime, Meta(description="When it was accepted.")]
    started_at: Annotated[datetime | None, Meta(description="When its first shard was planned.")] = None
    finished_at: Annotated[datetime | None, Meta(description="When it ended.")] = None
    reason: Annotated[str | None, Meta(description="Why it is as it is, where that needs saying.")] = None
    warnings: Annotated[tuple[str, ...], Meta(description="Remarks on what was submitted.")] = ()
    failures: Annotated[tuple[ResultLine, ...], Meta(description="The first failed items, cut short.")] = ()
    results: Annotated[
        tuple[ResultLine, ...] | UnsetType,
        Meta(description="The first 100 results, where they were waited for."),
    ] = UNSET


class TaskPage(View, frozen=True, kw_only=True):
    """A page of the list of tasks, newest first."""

    tasks: Annotated[tuple[TaskStatus, ...], Meta(description="The tasks of this page.")]
    next: Annotated[str | None, Meta(description="`after` of the next page; null on the last.")]


class NodeStatus(View, frozen=True, kw_only=True):
    """A worker that is alive."""

    node_id: Annotated[str, Meta(description="Its name and incarnation, or what it called itself over HTTP.")]
    name: Annotated[str, Meta(description="Its name.")]
    slots: Annotated[int, Meta(description="Items it runs at once.")]
    busy: Annotated[int, Meta(description="Slots that run an item now.")]
    room: Annotated[bool, Meta(description="Whether it can take another shard.")]
    draining: Annotated[bool, Meta(description="Whether it takes no more work.")]
    shards: Annotated[int, Meta(description="Shards it holds.")]
    over_http: Annotated[bool, Meta(description="Whether it is only known by node-beat: it gets no work.")]
    last_beat_at: Annotated[datetime, Meta(description="When it was last heard of.")]
    alive: Annotated[bool, Meta(description="Whether that was not too long ago.")] = True


class NodeList(View, frozen=True, kw_only=True):
    """The workers that are alive."""

    nodes: Annotated[tuple[NodeStatus, ...], Meta(description="The workers.")]


class NodeBeat(View, frozen=True, kw_only=True):
    """A heartbeat over HTTP was taken."""

    node_id: Annotated[str, Meta(description="The node's id, as sent.")]
    status: Annotated[str, Meta(description="Always UP.")] = "UP"
