"""What Redis keeps for a task beside its compressed inputs and results."""

from collections.abc import Iterable
from typing import cast

import redis


def bookkeeping_bytes(task: str, *, redis_port: int) -> int:
    """Memory of all keys of the task, without the blocks that lie in them."""
    with redis.Redis(port=redis_port) as client:
        keys = list(cast("Iterable[bytes]", client.scan_iter(match=f"*:{task}", count=1_000)))
        return sum(_memory(client, key) - _payload(client, key) for key in keys)


def _memory(client: "redis.Redis", key: bytes) -> int:
    return cast("int", client.memory_usage(key, samples=0))


def _payload(client: "redis.Redis", key: bytes) -> int:
    """The bytes of the blocks under a key that holds blocks."""
    if key.split(b":")[2] not in {b"inputs", b"out"}:
        return 0
    names = list(cast("Iterable[bytes]", client.hkeys(key)))
    return sum(int(client.hstrlen(key, name)) for name in names)
