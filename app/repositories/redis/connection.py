"""One client of Redis for a process: bounded, with a time limit on everything and no hidden retries."""

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

MOST_CONNECTIONS = 64


def connect(
    host: str,
    port: int,
    *,
    password: str | None = None,
    timeout_seconds: float = 2.0,
    max_connections: int = MOST_CONNECTIONS,
) -> Redis:
    """A client shared by all threads; connects when it is first used, closes its connections with `close`.

    `timeout_seconds` bounds each connecting, each answer, and the wait for a free one of
    `max_connections`. The library sends nothing again by itself: a commit that was carried out would
    find itself in conflict with itself.
    """
    pool = BlockingConnectionPool(  # type: ignore[no-untyped-call]  # not annotated by the library
        host=host,
        port=port,
        password=password or None,
        protocol=2,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        socket_keepalive=True,
        health_check_interval=0,
        retry=Retry(NoBackoff(), 0),
        retry_on_timeout=False,
        max_connections=max_connections,
        timeout=timeout_seconds,
    )
    return Redis.from_pool(pool)
