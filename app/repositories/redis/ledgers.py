"""Ledgers in Redis: read with the version they have, changed by one script that checks it."""

from collections.abc import Mapping, Sequence
from secrets import token_hex

import msgspec

from app.models.ledger import Ledger
from app.protocol.decision import Effects
from app.repositories import keys
from app.repositories.ports import CommitOutcome, Stored
from app.repositories.redis.change import change_of
from app.repositories.redis.link import Command, Link, Script
from app.repositories.redis.stored import stored_of
from app.repositories.redis.touched import touched_by

OUTSIDE_COMMITS = 0


class Ledgers:
    """The part of the store that operations decide and commit by."""

    def __init__(self, link: Link, *, retention_seconds: float) -> None:
        self._link = link
        self._retention_ms = max(1, round(retention_seconds * 1000))
        self._commit = Script("commit")

    def time(self) -> float:
        seconds, microseconds = self._link.read("TIME")
        return float(seconds + microseconds / 1_000_000)

    def load(self, task_id: str) -> Stored | None:
        return self.load_many([task_id]).get(task_id)

    def load_many(self, task_ids: Sequence[str]) -> dict[str, Stored]:
        hashes = [keys.key_of(task_id, keys.TASK) for task_id in task_ids]
        commands: list[Command] = [*(("HGETALL", key) for key in hashes), ("TIME",)]
        *found, (seconds, microseconds) = self._link.read_all(commands)
        read_at = seconds + microseconds / 1_000_000
        stored = {
            task_id: stored_of(fields, key=key, read_at=read_at)
            for task_id, key, fields in zip(task_ids, hashes, found, strict=True)
        }
        return {task_id: one for task_id, one in stored.items() if one is not None}

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
        names = [
            keys.key_of(effects.spec.upload if effects.spec and kind in keys.UPLOAD_KINDS else task_id, kind)
            for kind in kinds
        ]
        told = msgspec.structs.replace(change, names=tuple(kind.name for kind in kinds))
        block = effects.block[1] if effects.block is not None else b""
        answer = self._link.write_by(
            self._commit, keys=names, arguments=(msgspec.msgpack.encode(told), block)
        )
        return CommitOutcome(answer.decode())

    def count(self, counts: Mapping[str, int]) -> None:
        key = keys.in_every_bucket(keys.COUNTS)[OUTSIDE_COMMITS]
        if counts:
            self._link.write_all([("HINCRBY", key, name, count) for name, count in counts.items()])

    def counts(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for bucket in self._link.read_all([("HGETALL", key) for key in keys.in_every_bucket(keys.COUNTS)]):
            for name, count in bucket.items():
                total[name.decode()] = total.get(name.decode(), 0) + int(count)
        return total
