"""A task's hash in Redis as a ledger, and back: JSON text, one field for the core and one for each shard."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from app.errors import CorruptState
from app.models.ledger import Ledger, Shard
from app.repositories.ports import Stored, Version

VERSION = b"version"
CORE = b"core"
SHARD = b"s:"

_ledgers = msgspec.json.Decoder(Ledger)
_shards = msgspec.json.Decoder(Shard)
S = TypeVar("S", bound=msgspec.Struct)


def core_text(ledger: Ledger) -> str:
    """The ledger without its shards."""
    return msgspec.json.encode(ledger.evolve(shards={})).decode()


def shard_text(shard: Shard) -> str:
    return msgspec.json.encode(shard).decode()


def stored_of(fields: Mapping[bytes, bytes], *, key: str, read_at: float) -> Stored | None:
    """The ledger in a task's hash; None where there is none. Raises CorruptState for what cannot be read."""
    if not fields:
        return None
    if VERSION not in fields or CORE not in fields:
        raise _corrupt(key, field=CORE if VERSION in fields else VERSION, reason="missing")
    core = _decoded(_ledgers, fields, key=key, field=CORE)
    shards = {
        field[len(SHARD) :].decode(): _decoded(_shards, fields, key=key, field=field)
        for field in fields
        if field.startswith(SHARD)
    }
    ledger = core.evolve(shards=shards) if shards else core
    version = Version(fields[VERSION].decode("ascii", "replace"))
    return Stored(ledger=ledger, version=version, read_at=read_at)


def value_of(text: bytes, kind: type[S], *, key: str) -> S:
    """A value of some kind from its JSON text. Raises CorruptState naming the key."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CorruptState(f"{key} cannot be read: {error}") from error


def _decoded(decoder: msgspec.json.Decoder[S], fields: Mapping[bytes, bytes], *, key: str, field: bytes) -> S:
    try:
        return decoder.decode(fields[field])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _corrupt(key, field=field, reason=str(error)) from error


def _corrupt(key: str, *, field: bytes, reason: str) -> CorruptState:
    return CorruptState(
        f"{key}, field {field.decode('utf-8', 'replace')}: {reason}",
        hint="something else wrote this key, or an older schema",
    )
