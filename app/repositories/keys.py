"""Every key in Redis: its type, what it holds, who owns it and how long it lives. Built nowhere else.

All keys of a task, and its entries in listings, outbox and counters, lie in the hash slot of its bucket
`{b}`, b = crc16(task id) mod 64: so each operation touches one slot, and all of it works on Redis Cluster.
"""

from binascii import crc_hqx
from collections.abc import Iterable
from enum import StrEnum

import msgspec

BUCKETS = 64
ENDED_CHANNEL = "ff:ended"
HINTS_CHANNEL = "ff:hints:"
"""Followed by the worker's name: hints to it."""


class Scope(StrEnum):
    """What there is one key of this kind for."""

    TASK = "task"
    UPLOAD = "upload"
    BUCKET = "bucket"
    STORE = "store"


class KeyKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of key. `owner` writes it, `lives` says when it goes."""

    name: str
    type: str
    scope: Scope
    holds: str
    owner: str
    lives: str

    @property
    def pattern(self) -> str:
        """The key with its variable parts named, for the reference page and for `doctor`."""
        return {
            Scope.TASK: f"ff:{{b}}:{self.name}:<task id>",
            Scope.UPLOAD: f"ff:{{b}}:{self.name}:<task id>:<random>",
            Scope.BUCKET: f"ff:{{b}}:{self.name}",
            Scope.STORE: f"ff:{self.name}",
        }[self.scope]


RETENTION = "the task; after its end, the retention"
UPLOAD_TTL = "upload TTL, until a submit takes it over"
FOR_EVER = "for ever, entries come and go"


def _task(name: str, kind: str, *, holds: str, owner: str = "commit") -> KeyKind:
    return KeyKind(name=name, type=kind, scope=Scope.TASK, holds=holds, owner=owner, lives=RETENTION)


def _upload(name: str, kind: str, *, holds: str) -> KeyKind:
    return KeyKind(name=name, type=kind, scope=Scope.UPLOAD, holds=holds, owner="upload", lives=UPLOAD_TTL)


def _bucket(name: str, kind: str, *, holds: str, owner: str = "commit") -> KeyKind:
    return KeyKind(name=name, type=kind, scope=Scope.BUCKET, holds=holds, owner=owner, lives=FOR_EVER)


TASK = _task(
    "task", "hash", holds="`version`, `core` (the ledger without shards), `s:<shard id>` for each shard"
)
SPEC = _task("spec", "hash", holds="`spec` as submitted, `function` once rendered")
INPUTS = _task("inputs", "hash", holds="first index → compressed block of items, taken over from the upload")
FIRSTS = _task("firsts", "zset", holds="first index of each block of inputs, by itself")
REDO = _task("redo", "string", holds="bitmap of the items that a retry would run")
AGENDA = _task("agenda", "string", holds="bitmap of the items of this run, from the second run on")
OUT = _task("out", "hash", holds="block id → compressed block of results")
INDEX = _task("index", "zset", holds="which results lie in which block, by run and first item")
DEAD = _task("dead", "list", holds="dead letters of the task")
UPLOAD = _upload("upload", "hash", holds="first index → compressed block of items")
UPLOAD_FIRSTS = _upload("upload-firsts", "zset", holds="first index of each block, by itself")
UNFINISHED = _bucket("unfinished", "set", holds="ids of tasks that have not ended")
OUTSTANDING = _bucket("outstanding", "set", holds="`<task id> <shard id>` of each shard that is out")
RECENT = _bucket("recent", "zset", holds="ids of all tasks, by creation time")
EXPIRING = _bucket("expiring", "zset", holds="ids of ended tasks, by the time their keys go")
OUTBOX = _bucket("outbox", "zset", holds="ids of tasks that Kafka is not known to have, by the next try")
TRIES = _bucket("tries", "hash", holds="task id → tries so far, for each entry of the outbox")
LETTERS = _bucket("letters", "zset", holds="dead letters on their way to Kafka, by their time")
LETTER_BODIES = _bucket("letter-bodies", "hash", holds="the dead letters of `letters`")
COUNTS = _bucket("counts", "hash", holds="operators' counters; the sum over all buckets counts")
BEATS = KeyKind(
    name="beats",
    type="hash",
    scope=Scope.STORE,
    holds="worker → time and heartbeat",
    owner="workers; sweepers take dead ones away",
    lives=FOR_EVER,
)

TASK_KINDS = (TASK, SPEC, INPUTS, FIRSTS, REDO, AGENDA, OUT, INDEX, DEAD)
UPLOAD_KINDS = (UPLOAD, UPLOAD_FIRSTS)
BUCKET_KINDS = (UNFINISHED, OUTSTANDING, RECENT, EXPIRING, OUTBOX, TRIES, LETTERS, LETTER_BODIES, COUNTS)
ALL_KINDS = (*TASK_KINDS, *BUCKET_KINDS, *UPLOAD_KINDS, BEATS)


def bucket_of(task_id: str) -> int:
    """The bucket of a task, or of an upload (its name is `<task id>:<random>`)."""
    return crc_hqx(task_id.partition(":")[0].encode(), 0) % BUCKETS


def keys_of(subject: str, kinds: Iterable[KeyKind]) -> list[str]:
    """The keys of a task or upload, and of its bucket, in the order of `kinds`."""
    bucket = bucket_of(subject)
    return [
        f"ff:{{{bucket}}}:{kind.name}"
        if kind.scope is Scope.BUCKET
        else f"ff:{{{bucket}}}:{kind.name}:{subject}"
        for kind in kinds
    ]


def key_of(subject: str, kind: KeyKind) -> str:
    """One key of a task or upload, or of its bucket."""
    return keys_of(subject, (kind,))[0]


def in_every_bucket(kind: KeyKind) -> list[str]:
    """The keys of this kind in all buckets, in the order of the buckets."""
    return [f"ff:{{{bucket}}}:{kind.name}" for bucket in range(BUCKETS)]


BEATS_KEY = f"ff:{BEATS.name}"
