"""Ledgers in Redis: read with the version they have, changed by one script that checks it."""

from collections.abc import Mapping, Sequence
from secrets import token_hex

import msgspec

from app.errors import CorruptState
from app.models.ledger import Ledger
from app.models.wire import pack_items
from app.protocol.decision import Effects
from app.repositories import keys
from app.repositories.ports import CommitOutcome, Stored
from app.repositories.redis.change import change_of
from app.repositories.redis.hints import hints_of
from app.repositories.redis.link import Link, Script
from app.repositories.redis.stored import stored_of
from app.repositories.redis.touched import touched_by
from app.repositories.redis.unreadable import Unreadable

OUTSIDE_COMMITS = 0


class Ledgers:
    """The part of the store that operations decide and commit by."""

    def __init__(self, link: Link, *, retention_seconds: float) -> None:
        self._link = link
        self._retention_ms = max(1, round(retention_seconds * 1000))
        self._commit = Script("commit")
        self._unreadable = Unreadable()

    def time(self) -> float:
        return float(self._link.read("TIME"))

    def load(self, task_id: str) -> Stored | None:
        key = keys.key_of(task_id, keys.TASK)
        fields, time = self._link.read_all([("HGETALL", key), ("TIME",)])
        return stored_of(fields, key=key, read_at=time)

    def load_many(self, task_ids: Sequence[str]) -> dict[str, Stored]:
        """A ledger that cannot be read is left out: it must not stop those who look after all."""
        names = [keys.key_of(task_id, keys.TASK) for task_id in task_ids]
        *found, time = self._link.read_apart([*(("HGETALL", key) for key in names), ("TIME",)])
        many: dict[str, Stored] = {}
        for task_id, key, fields in zip(task_ids, names, found, strict=True):
            stored = self._readable(fields, key=key, read_at=time)
            if stored is not None:
                many[task_id] = stored
        return many

    def _readable(
        self, fields: CorruptState | Mapping[bytes, bytes], *, key: str, read_at: float
    ) -> Stored | None:
        try:
            if isinstance(fields, CorruptState):
                raise fields
            return stored_of(fields, key=key, read_at=read_at)
        except CorruptState as error:
            self._unreadable.left_out(error)
            return None

    def commit(
        self, before: Stored | None, after: Ledger, *, effects: Effects, task_id: str
    ) -> CommitOutcome:
        """Where the answer is lost it may have been carried out: read again and decide again."""
        change = change_of(
            before.ledger if before is not None else None,
            after,
            effects=effects,
            version=before.version.token if before is not None else "",
            token=token_hex(8),
            retention_ms=self._retention_ms,
        )
        kinds = touched_by(change)
        names = keys.keys_of(task_id, kinds)
        if effects.spec is not None and not effects.inputs:
            uploaded = keys.keys_of(effects.spec.upload, keys.UPLOAD_KINDS)
            at = kinds.index(keys.UPLOAD)
            names[at : at + len(uploaded)] = uploaded
        hints = hints_of(change, after, effects=effects)
        told = msgspec.structs.replace(
            change, names=tuple(kind.name for kind in kinds), hinted=tuple(channel for channel, _ in hints)
        )
        block = effects.block[1] if effects.block is not None else b""
        inputs = (part for first, items in effects.inputs for part in (first, pack_items(items)))
        answer = self._link.write_by(
            self._commit,
            keys=names,
            arguments=(msgspec.msgpack.encode(told), block, *(hint for _, hint in hints), *inputs),
        )
        return CommitOutcome(answer.decode())

    def count(self, counts: Mapping[str, int]) -> None:
        key = keys.in_every_bucket(keys.COUNTS)[OUTSIDE_COMMITS]
        if counts:
            self._link.write_all([("HINCRBY", key, name, count) for name, count in counts.items()])

    def counts(self) -> dict[str, int]:
        names = keys.in_every_bucket(keys.COUNTS)
        total: dict[str, int] = {}
        for key, bucket in zip(names, self._link.read_all([("HGETALL", key) for key in names]), strict=True):
            for name, count in bucket.items():
                if not count.lstrip(b"-").isdigit():
                    raise CorruptState(f"{key}, field {name.decode()}: not a number")
                total[name.decode()] = total.get(name.decode(), 0) + int(count)
        return total
