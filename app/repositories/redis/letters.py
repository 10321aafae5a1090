"""Dead letters on their way to Kafka: one queue a bucket, read as one."""

from collections.abc import Iterable

from app.errors import CorruptState
from app.protocol.decision import DeadLetter
from app.repositories import keys
from app.repositories.redis.channel import Command
from app.repositories.redis.link import Link, scored
from app.repositories.redis.stored import value_of
from app.repositories.redis.unreadable import Unreadable

QUEUE = (keys.LETTERS, keys.LETTER_BODIES)


class Letters:
    """A handle is `<task id> <run> <index>`, so it names its bucket."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._unreadable_letters = Unreadable()

    def pending_letters(self, limit: int) -> list[tuple[str, DeadLetter]]:
        """One that cannot be read is left out, and stays."""
        queues = self._link.read_all(
            [("ZRANGE", key, 0, limit - 1, "WITHSCORES") for key in keys.in_every_bucket(keys.LETTERS)]
        )
        oldest = sorted(entry for queue in queues for entry in scored(queue))[:limit]
        handles = [handle for _, handle in oldest]
        if not handles:
            return []
        bodies = self._link.read_all([("HGET", _queue_of(handle)[1], handle) for handle in handles])
        letters: list[tuple[str, DeadLetter]] = []
        for handle, body in zip(handles, bodies, strict=True):
            try:
                letters.append((handle, value_of(body or b"", DeadLetter, key=_queue_of(handle)[1])))
            except CorruptState as error:
                self._unreadable_letters.left_out(error)
        return letters

    def drop_letters(self, handles: Iterable[str]) -> None:
        for handle in handles:
            queue, bodies = _queue_of(handle)
            commands: list[Command] = [("ZREM", queue, handle), ("HDEL", bodies, handle)]
            self._link.write_all(commands)


def _queue_of(handle: str) -> tuple[str, str]:
    queue, bodies = keys.keys_of(handle.partition(" ")[0], QUEUE)
    return queue, bodies
