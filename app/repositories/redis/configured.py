"""The store on Redis that the settings describe."""

from app.repositories.redis.connection import connect
from app.repositories.redis.store import RedisStore
from app.settings import Settings


def redis_store(settings: Settings) -> RedisStore:
    """A store with a client of its own; connects when it is first used."""
    redis, task = settings.spring.redis, settings.fanfold.task
    client = connect(
        redis.host,
        redis.port,
        password=redis.password.get_secret_value(),
        timeout_seconds=redis.timeout.total_seconds(),
    )
    return RedisStore(
        client,
        retention_seconds=task.retention.total_seconds(),
        upload_ttl_seconds=task.upload_ttl.total_seconds(),
    )
