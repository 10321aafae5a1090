"""Reads beside the ledger: what was asked for, what is left of a later run, and the listings."""

from collections.abc import Sequence

from app.models.ranges import EMPTY, Spans, size, spans_of, subtract, take
from app.models.task import TaskSpec
from app.repositories import keys
from app.repositories.redis.bits import spans_in
from app.repositories.redis.channel import Command
from app.repositories.redis.link import Link, scored
from app.repositories.redis.stored import value_of

FIRST_WINDOW_BYTES = 4096
WIDEST_WINDOW_BYTES = 1 << 20

_UNFINISHED: list[Command] = [("SMEMBERS", key) for key in keys.in_every_bucket(keys.UNFINISHED)]
_OUTSTANDING: list[Command] = [("SMEMBERS", key) for key in keys.in_every_bucket(keys.OUTSTANDING)]


class Reads:
    """Each is one round trip, an agenda with few items over a long list and a listing with ties a few."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def spec(self, task_id: str) -> TaskSpec | None:
        return self.specs([task_id])[0]

    def specs(self, task_ids: Sequence[str]) -> list[TaskSpec | None]:
        names = [keys.key_of(task_id, keys.SPEC) for task_id in task_ids]
        texts = self._link.read_all([("HGET", key, "spec") for key in names])
        return [
            None if text is None else value_of(text, TaskSpec, key=key)
            for key, text in zip(names, texts, strict=True)
        ]

    def function(self, task_id: str) -> str | None:
        text: bytes | None = self._link.read("HGET", keys.key_of(task_id, keys.SPEC), "function")
        return None if text is None else text.decode()

    def agenda(self, task_id: str, *, start: int, count: int) -> Spans:
        """Reads windows of the bitmap, each wider than the one before, until there is enough."""
        key = keys.key_of(task_id, keys.AGENDA)
        at, width = start // 8, FIRST_WINDOW_BYTES
        found = EMPTY
        while size(found) < count:
            window: bytes = self._link.read("GETRANGE", key, at, at + width - 1)
            found = spans_of((*found, *subtract(spans_in(window, first=at * 8), ((0, start),))))
            if len(window) < width:
                break
            at, width = at + width, min(WIDEST_WINDOW_BYTES, width * 4)
        return take(found, count)[0]

    def recent(self, *, before: tuple[float, str] | None, limit: int) -> list[tuple[float, str]]:
        page: list[tuple[float, str]] = []
        while len(page) < limit:
            found = self._listed(before, limit=limit)
            page += self._existing(found)
            if len(found) < limit:
                break
            before = found[-1]
        return page[:limit]

    def unfinished(self) -> list[str]:
        return _ids(self._link.read_all(_UNFINISHED))

    def outstanding(self) -> list[tuple[str, str]]:
        return _pairs(self._link.read_all(_OUTSTANDING))

    def open_work(self) -> tuple[list[str], list[tuple[str, str]]]:
        members = self._link.read_all([*_UNFINISHED, *_OUTSTANDING])
        return _ids(members[: keys.BUCKETS]), _pairs(members[keys.BUCKETS :])

    def _listed(self, before: tuple[float, str] | None, *, limit: int) -> list[tuple[float, str]]:
        """The next entries of the listings, those of tasks that have expired among them."""
        commands: list[Command] = []
        for key in keys.in_every_bucket(keys.RECENT):
            highest = "+inf" if before is None else f"({before[0]!r}"
            page = ("ZREVRANGEBYSCORE", key, highest, "-inf", "WITHSCORES", "LIMIT", 0, limit)
            commands.append(page)
            if before is not None:
                commands.append(("ZRANGEBYSCORE", key, before[0], before[0], "WITHSCORES"))
        known = {entry for part in self._link.read_all(commands) for entry in scored(part)}
        return sorted((entry for entry in known if before is None or entry < before), reverse=True)[:limit]

    def _existing(self, entries: list[tuple[float, str]]) -> list[tuple[float, str]]:
        if not entries:
            return []
        exists = self._link.read_all([("EXISTS", keys.key_of(task_id, keys.TASK)) for _, task_id in entries])
        return [entry for entry, there in zip(entries, exists, strict=True) if there]


def _ids(members: Sequence[Sequence[bytes]]) -> list[str]:
    return [task_id.decode() for bucket in members for task_id in bucket]


def _pairs(members: Sequence[Sequence[bytes]]) -> list[tuple[str, str]]:
    pairs = (member.decode().partition(" ") for bucket in members for member in bucket)
    return [(task_id, shard_id) for task_id, _, shard_id in pairs]
