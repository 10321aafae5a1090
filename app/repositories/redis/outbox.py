"""The outbox in Redis: tasks that Kafka is not known to have, by the time of their next try."""

from app.repositories import keys
from app.repositories.ports import LONGEST_WAIT_SECONDS
from app.repositories.redis.channel import Command
from app.repositories.redis.link import Link, Script, scored


class OutboxEntries:
    """Entries come and go with commits; `take` alone moves them."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._take = Script("take")

    def due(self, *, limit: int) -> list[tuple[str, int]]:
        commands: list[Command] = [
            *(
                (order, key, 0, limit - 1, "WITHSCORES")
                for key in keys.in_every_bucket(keys.OUTBOX)
                for order in ("ZRANGE", "ZREVRANGE")
            ),
            ("TIME",),
        ]
        *ends, now = self._link.read_all(commands)
        waiting = {entry for end in ends for entry in scored(end)}
        ready = [task_id for at, task_id in sorted(waiting) if _is_due(at, now=now)][:limit]
        if not ready:
            return []
        tries = self._link.read_all([("HGET", keys.key_of(name, keys.TRIES), name) for name in ready])
        return [(name, int(count or 0)) for name, count in zip(ready, tries, strict=True)]

    def take(self, task_id: str, *, seconds: float) -> int | None:
        attempt: int | None = self._link.write_by(
            self._take,
            keys=keys.keys_of(task_id, (keys.OUTBOX, keys.TRIES)),
            arguments=(task_id, seconds, LONGEST_WAIT_SECONDS),
        )
        return attempt


def _is_due(at: float, *, now: float) -> bool:
    return at <= now or at > now + LONGEST_WAIT_SECONDS
