"""Results in Redis: blocks, the index over them, and the dead letters of a task."""

from collections.abc import Sequence

from app.protocol.decision import DeadLetter, Entry
from app.repositories import keys
from app.repositories.redis.indexed import entry_of
from app.repositories.redis.link import Link, Script, scored
from app.repositories.redis.stored import value_of


class Results:
    """One round trip each."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._entries = Script("entries")

    def entries(self, task_id: str, *, start: int, limit: int) -> list[Entry]:
        key = keys.key_of(task_id, keys.INDEX)
        members = self._link.read_by(self._entries, keys=(key,), arguments=(start, limit))
        return [entry for entry in entries_of(members, key=key) if entry.stop > start][:limit]

    def block(self, task_id: str, block_id: str) -> bytes | None:
        block: bytes | None = self._link.read("HGET", keys.key_of(task_id, keys.OUT), block_id)
        return block

    def dead_letters(self, task_id: str) -> list[DeadLetter]:
        key = keys.key_of(task_id, keys.DEAD)
        return [value_of(text, DeadLetter, key=key) for text in self._link.read("LRANGE", key, 0, -1)]


def entries_of(members: Sequence[bytes], *, key: str) -> list[Entry]:
    """Members of an index and their scores, alternating, as entries by first item."""
    found = (entry_of(score, member, key=key) for score, member in scored(members))
    return sorted(found, key=lambda entry: (entry.start, entry.run))
