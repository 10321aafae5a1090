"""What Redis answers instead of an answer, in the words of the error tree."""

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    MaxConnectionsError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
)
from redis.exceptions import (
    ConnectionError as NoConnection,
)
from redis.exceptions import (
    TimeoutError as NoAnswer,
)

from app.errors import CorruptState, StoreUnavailable

_POOL_EXHAUSTED = "No connection available"
_CORRUPT = ("CORRUPT", "WRONGTYPE", "not an integer", "not a valid float")

_BY_CLASS: tuple[tuple[type[RedisError], str, str], ...] = (
    (NoAnswer, "Redis did not answer in time", "look at its load and its disk"),
    (BusyLoadingError, "Redis is loading its data", "wait until it has started"),
    (ReadOnlyError, "Redis is a read-only replica", "point spring.redis.host to the primary"),
    (OutOfMemoryError, "Redis is full (maxmemory)", "raise maxmemory, or let finished tasks expire sooner"),
    (AuthenticationError, "Redis refuses the password", "set spring.redis.password"),
    (NoPermissionError, "Redis refuses this user", "allow it the commands and keys that the reference lists"),
    (MaxConnectionsError, "all connections to Redis are in use", "try again"),
)

_BY_WORD: tuple[tuple[str, str, str], ...] = (
    ("MISCONF", "Redis cannot persist and refuses to write", "look at its disk: is it full?"),
    ("NOREPLICAS", "Redis has too few replicas and refuses to write", "look at its replicas"),
    ("MASTERDOWN", "Redis has lost its primary", "wait for the failover"),
    ("CLUSTERDOWN", "the Redis cluster is down", "wait for the failover"),
    ("TRYAGAIN", "the Redis cluster is moving slots", "try again"),
    ("BUSY", "Redis is busy with a script", "try again"),
    ("NOAUTH", "Redis wants a password", "set spring.redis.password"),
    ("max number of clients", "Redis has too many clients", "raise its maxclients"),
    (_POOL_EXHAUSTED, "all connections to Redis are in use", "try again"),
)


def failure(error: RedisError, *, key: str) -> CorruptState | StoreUnavailable:
    """The error to raise from `error`: CorruptState where `key` is not what it must be, else unavailable."""
    text = str(error)
    if any(word in text for word in _CORRUPT):
        found = text.partition("CORRUPT ")[2] or f"{key}: {text}"
        return CorruptState(found, hint="look at this key: something else wrote it")
    for kind, detail, hint in _BY_CLASS:
        if isinstance(error, kind):
            return StoreUnavailable(f"{detail} ({text})", hint=hint)
    for word, detail, hint in _BY_WORD:
        if word in text:
            return StoreUnavailable(f"{detail} ({text})", hint=hint)
    if isinstance(error, NoConnection):
        return StoreUnavailable(f"Redis cannot be reached ({text})", hint="is it running?")
    return StoreUnavailable(f"Redis refused: {text}")


def is_dropped(error: RedisError) -> bool:
    """Whether the connection was merely lost, so that a read may be sent once more on a new one."""
    return type(error) is NoConnection and _POOL_EXHAUSTED not in str(error)
