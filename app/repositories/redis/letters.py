"""Dead letters on their way to Kafka: one queue a bucket, read as one."""

from collections.abc import Iterable

from app.protocol.decision import DeadLetter
from app.repositories import keys
from app.repositories.redis.link import Command, Link, scored
from app.repositories.redis.stored import value_of

QUEUE = (keys.LETTERS, keys.LETTER_BODIES)


class Letters:
    """A handle is `<task id> <run> <index>`, so it names its bucket."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def pending_letters(self, limit: int) -> list[tuple[str, DeadLetter]]:
        queues = self._link.read_all(
            [("ZRANGE", key, 0, limit - 1, "WITHSCORES") for key in keys.in_every_bucket(keys.LETTERS)]
        )
        oldest = sorted(entry for queue in queues for entry in scored(queue))[:limit]
        handles = [handle for _, handle in oldest]
        if not handles:
            return []
        bodies = self._link.read_all([("HGET", _queue_of(handle)[1], handle) for handle in handles])
        return [
            (handle, value_of(body, DeadLetter, key=_queue_of(handle)[1]))
            for handle, body in zip(handles, bodies, strict=True)
            if body is not None
        ]

    def drop_letters(self, handles: Iterable[str]) -> None:
        for handle in handles:
            queue, bodies = _queue_of(handle)
            commands: list[Command] = [("ZREM", queue, handle), ("HDEL", bodies, handle)]
            self._link.write_all(commands)


def _queue_of(handle: str) -> tuple[str, str]:
    queue, bodies = keys.keys_of(handle.partition(" ")[0], QUEUE)
    return queue, bodies
