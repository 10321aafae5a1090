"""How the store speaks to Redis: single commands, many in one round trip, and scripts."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha1
from importlib.resources import files
from typing import Any, TypeVar

from redis import Redis
from redis.exceptions import NoScriptError, RedisError

from app.errors import CorruptState, StoreUnavailable
from app.repositories.redis.channel import Address, Command, packed
from app.repositories.redis.channels import Channels
from app.repositories.redis.failures import failure, is_dropped
from app.repositories.redis.subscription import Subscription

T = TypeVar("T")


class Script:
    """A Lua script of this package, known to the server by its digest."""

    def __init__(self, name: str) -> None:
        self.source = files(__package__).joinpath(f"{name}.lua").read_text("utf-8")
        self.digest = sha1(self.source.encode(), usedforsecurity=False).hexdigest()


class Link:
    """Over a client that `connect` made. Everything raises StoreUnavailable or CorruptState.

    Hashes come as dictionaries, the time in seconds, everything else as Redis answers it.
    Reads are sent once more, at once, where the connection was lost; writes never.
    """

    def __init__(self, client: Redis) -> None:
        pool = client.connection_pool
        told = pool.connection_kwargs
        self._address = Address(told["host"], told["port"], told["password"], told["socket_timeout"])
        self._channels = Channels(self._address, most=pool.max_connections)

    def read(self, *command: str | bytes | float) -> Any:  # noqa: ANN401 - depends on the command
        """One command that changes nothing; its first argument is the key."""
        return self.read_all([command])[0]

    def write(self, *command: str | bytes | float) -> Any:  # noqa: ANN401 - depends on the command
        """One command that changes something; its first argument is the key."""
        (answer,) = _once(lambda: self._send(command), key=_key(command))
        return _or_raise(_judged(answer, command))

    def read_all(self, commands: Sequence[Command]) -> list[Any]:
        """The answers to commands that change nothing, in one round trip."""
        return [_or_raise(answer) for answer in self.read_apart(commands)]

    def read_apart(self, commands: Sequence[Command]) -> list[Any]:
        """As `read_all`, but with a CorruptState, not raised, in the place of what cannot be read."""
        answers = _once_more(lambda: self._send(*commands), key="")
        return list(map(_judged, answers, commands))

    def write_all(self, commands: Sequence[Command]) -> list[Any]:
        """Commands on one hash slot, carried out all together or not at all."""
        _, *queued, done = _once(lambda: self._send(("MULTI",), *commands, ("EXEC",)), key=_key(commands[0]))
        for command, answer in zip(commands, queued, strict=True):
            _or_raise(_judged(answer, command))
        answers = _or_raise(_judged(done, commands[0]))
        return [_or_raise(_judged(each, command)) for each, command in zip(answers, commands, strict=True)]

    def read_by(self, script: Script, *, keys: Sequence[str], arguments: Command = ()) -> Any:  # noqa: ANN401 - depends on the script
        """The answer of a script that changes nothing."""
        return _once_more(lambda: self._evaluate(script, keys, arguments), key=keys[0])

    def write_by(self, script: Script, *, keys: Sequence[str], arguments: Command = ()) -> Any:  # noqa: ANN401 - depends on the script
        """The answer of a script that changes something."""
        return _once(lambda: self._evaluate(script, keys, arguments), key=keys[0])

    def subscription(self, name: str) -> Subscription:
        """What is told on this channel from now on; raises the library's errors."""
        return Subscription(self._address, name)

    def close(self) -> None:
        """Closes what is not in use; a later call connects again."""
        self._channels.close()

    def _evaluate(self, script: Script, keys: Sequence[str], arguments: Command) -> Any:  # noqa: ANN401
        (answer,) = self._send(("EVALSHA", script.digest, len(keys), *keys, *arguments))
        if isinstance(answer, NoScriptError):
            (answer,) = self._send(("EVAL", script.source, len(keys), *keys, *arguments))
        if isinstance(answer, RedisError):
            raise answer
        return answer

    def _send(self, *commands: Command) -> list[Any]:
        requests = b"".join(map(packed, commands))
        return self._channels.ask(requests, answers=len(commands))


def scored(answer: Sequence[bytes]) -> list[tuple[float, str]]:
    """Scores and members of an answer WITHSCORES, in its order."""
    return [(float(score), member.decode()) for member, score in zip(answer[::2], answer[1::2], strict=True)]


def _judged(answer: Any, command: Command) -> Any:  # noqa: ANN401 - depends on the command
    """The answer in its shape, or an error as ours; raises one that is not about this key alone."""
    if isinstance(answer, RedisError):
        said = failure(answer, key=_key(command))
        if isinstance(said, StoreUnavailable):
            raise said from answer
        return said
    shape = _SHAPES.get(command[0])
    return answer if shape is None else shape(answer)


def _pairs(answer: Sequence[bytes]) -> Mapping[bytes, bytes]:
    return dict(zip(answer[::2], answer[1::2], strict=True))


def _seconds(answer: Sequence[bytes]) -> float:
    return int(answer[0]) + int(answer[1]) / 1_000_000


_SHAPES: Mapping[object, Callable[[Any], object]] = {"HGETALL": _pairs, "TIME": _seconds}


def _or_raise(answer: Any) -> Any:  # noqa: ANN401 - depends on the command
    if isinstance(answer, CorruptState):
        raise answer
    return answer


def _once(send: Callable[[], T], *, key: str) -> T:
    try:
        return send()
    except RedisError as error:
        raise failure(error, key=key) from error


def _once_more(send: Callable[[], T], *, key: str) -> T:
    try:
        return send()
    except RedisError as error:
        if not is_dropped(error):
            raise failure(error, key=key) from error
    return _once(send, key=key)


def _key(command: Sequence[str | bytes | float]) -> str:
    return str(command[1]) if len(command) > 1 else ""
