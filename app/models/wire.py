"""The records on Kafka and the blocks in Redis as bytes: the only codec, self-describing JSON and msgpack."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
import zstandard

from app.errors import FanfoldError
from app.models.result import ItemResult

SCHEMA_VERSION = 1
MOST_BLOCK_BYTES = 1 << 30


class UnreadableRecord(FanfoldError):
    """The record cannot be understood: it goes to the dead-letter topic."""

    code = "record-unreadable"
    status = 422
    title = "The record cannot be read"


class TaskRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """On the task topic: there is a task to plan."""

    task_id: str
    run: int = 1
    v: int = SCHEMA_VERSION


class ShardRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """On the shard topic: there is a shard to claim. A `suspect` one is claimed by a slot that is free."""

    task_id: str
    shard_id: str
    suspect: bool = False
    v: int = SCHEMA_VERSION


class RoomRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """On the completions topic: this worker has room, or has returned items.

    `rate` is its items a second for this task, `idle` how many of its slots have nothing to do.
    """

    task_id: str
    worker: str
    rate: float | None = None
    idle: int = 0
    v: int = SCHEMA_VERSION


Record = TaskRecord | ShardRecord | RoomRecord
R = TypeVar("R", TaskRecord, ShardRecord, RoomRecord)


def encode(record: Record) -> bytes:
    return msgspec.json.encode(record)


def decode_task(value: bytes | None) -> TaskRecord:
    return _decode(value, TaskRecord)


def decode_shard(value: bytes | None) -> ShardRecord:
    return _decode(value, ShardRecord)


def decode_room(value: bytes | None) -> RoomRecord:
    return _decode(value, RoomRecord)


def _decode(value: bytes | None, kind: type[R]) -> R:
    try:
        record = msgspec.json.decode(value or b"", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableRecord(f"not a {kind.__name__}: {error}") from error
    if record.v != SCHEMA_VERSION:
        raise UnreadableRecord(
            f"schema version {record.v}, not {SCHEMA_VERSION}", hint="upgrade this process"
        )
    return record


def pack_results(results: Sequence[ItemResult]) -> bytes:
    """One compressed block of results. To compress more takes twice the time and saves little of it."""
    return zstandard.compress(msgspec.msgpack.encode(results), 1)


def unpack_results(block: bytes) -> list[ItemResult]:
    raw = zstandard.decompress(block, max_output_size=MOST_BLOCK_BYTES)
    return msgspec.msgpack.decode(raw, type=list[ItemResult])


def pack_items(items: Sequence[str]) -> bytes:
    """One compressed block of inputs."""
    return zstandard.compress(msgspec.msgpack.encode(items), 3)


def unpack_items(block: bytes) -> list[str]:
    raw = zstandard.decompress(block, max_output_size=MOST_BLOCK_BYTES)
    return msgspec.msgpack.decode(raw, type=list[str])
