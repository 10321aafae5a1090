"""The two stores under one name, each with a way to roll a task's bucket back as a lost disk would."""

import time
from collections.abc import Callable
from typing import Protocol

from redis import Redis

from app.repositories import keys
from app.repositories.memory import MemoryStore
from app.repositories.ports import Store
from app.repositories.redis.store import RedisStore

RETENTION_SECONDS = 3600.0
UPLOAD_TTL_SECONDS = 600.0


class Subject(Protocol):
    """A store, and the power to turn it back."""

    store: Store

    def photograph(self, task_id: str) -> Callable[[], None]:
        """What brings everything of this task back to how it is now."""
        ...


class TwinSubject:
    def __init__(self) -> None:
        twin = MemoryStore(time.time)
        self.store: Store = twin
        self._twin = twin

    def photograph(self, task_id: str) -> Callable[[], None]:
        assert task_id, "the twin is rolled back as a whole"
        snapshot = self._twin.snapshot()
        return lambda: self._twin.restore(snapshot)


class RedisSubject:
    def __init__(self, client: Redis) -> None:
        self.client = client
        self.real = RedisStore(
            client, retention_seconds=RETENTION_SECONDS, upload_ttl_seconds=UPLOAD_TTL_SECONDS
        )
        self.store: Store = self.real

    def photograph(self, task_id: str) -> Callable[[], None]:
        mine = f"ff:{{{keys.bucket_of(task_id)}}}:*"
        dumps = {key: self.client.dump(key) for key in self.client.keys(mine)}

        def restore() -> None:
            for key in self.client.keys(mine):
                self.client.delete(key)
            for key, dump in dumps.items():
                assert dump is not None
                self.client.restore(key, 0, dump)

        return restore
