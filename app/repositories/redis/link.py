"""How the store speaks to Redis: single commands, many in one round trip, and scripts."""

from collections.abc import Callable, Sequence
from hashlib import sha1
from importlib.resources import files
from typing import Any, TypeVar

from redis import Redis
from redis.client import PubSub
from redis.exceptions import NoScriptError, RedisError

from app.errors import CorruptState, StoreUnavailable
from app.repositories.redis.failures import failure, is_dropped

Command = tuple[str | bytes | int | float, ...]
T = TypeVar("T")


class Script:
    """A Lua script of this package, known to the server by its digest."""

    def __init__(self, name: str) -> None:
        self.source = files(__package__).joinpath(f"{name}.lua").read_text("utf-8")
        self.digest = sha1(self.source.encode(), usedforsecurity=False).hexdigest()


class Link:
    """Everything raises StoreUnavailable or CorruptState; answers are those of the library's commands.

    Reads are sent once more, at once, where the connection was lost; writes never.
    """

    def __init__(self, client: Redis) -> None:
        self._pipeline = client.pipeline
        self._execute: Callable[..., Any] = client.execute_command
        self._pubsub: Callable[[], PubSub] = client.pubsub

    def read(self, *command: str | bytes | float) -> Any:  # noqa: ANN401 - depends on the command
        """One command that changes nothing; its first argument is the key."""
        return _once_more(lambda: self._execute(*command), key=_key(command))

    def write(self, *command: str | bytes | float) -> Any:  # noqa: ANN401 - depends on the command
        """One command that changes something; its first argument is the key."""
        return _once(lambda: self._execute(*command), key=_key(command))

    def read_all(self, commands: Sequence[Command]) -> list[Any]:
        """The answers to commands that change nothing, in one round trip."""
        return [_or_raise(answer) for answer in self.read_apart(commands)]

    def read_apart(self, commands: Sequence[Command]) -> list[Any]:
        """As `read_all`, but with a CorruptState, not raised, in the place of what cannot be read."""
        answers = _once_more(lambda: self._send_all(commands, atomic=False), key="")
        return _judged(answers, commands)

    def write_all(self, commands: Sequence[Command]) -> list[Any]:
        """Commands on one hash slot, carried out all together or not at all."""
        answers = _once(lambda: self._send_all(commands, atomic=True), key=_key(commands[0]))
        return [_or_raise(answer) for answer in _judged(answers, commands)]

    def read_by(self, script: Script, *, keys: Sequence[str], arguments: Command = ()) -> Any:  # noqa: ANN401 - depends on the script
        """The answer of a script that changes nothing."""
        return _once_more(lambda: self._evaluate(script, keys, arguments), key=keys[0])

    def write_by(self, script: Script, *, keys: Sequence[str], arguments: Command = ()) -> Any:  # noqa: ANN401 - depends on the script
        """The answer of a script that changes something."""
        return _once(lambda: self._evaluate(script, keys, arguments), key=keys[0])

    def subscription(self) -> PubSub:
        """A connection of its own to be told of messages; raises the library's errors."""
        return self._pubsub()

    def _evaluate(self, script: Script, keys: Sequence[str], arguments: Command) -> Any:  # noqa: ANN401
        try:
            return self._execute("EVALSHA", script.digest, len(keys), *keys, *arguments)
        except NoScriptError:
            return self._execute("EVAL", script.source, len(keys), *keys, *arguments)

    def _send_all(self, commands: Sequence[Command], *, atomic: bool) -> list[Any]:
        with self._pipeline(transaction=atomic) as pipeline:
            queue: Callable[..., Any] = pipeline.execute_command
            for command in commands:
                queue(*command)
            answers: list[Any] = pipeline.execute(raise_on_error=False)
        return answers


def scored(answer: Sequence[bytes]) -> list[tuple[float, str]]:
    """Scores and members of an answer WITHSCORES, in its order."""
    return [(float(score), member.decode()) for member, score in zip(answer[::2], answer[1::2], strict=True)]


def _judged(answers: Sequence[Any], commands: Sequence[Command]) -> list[Any]:
    """The answers, errors among them as ours; raises those that are not about one key alone."""
    judged: list[Any] = []
    for command, answer in zip(commands, answers, strict=True):
        said = failure(answer, key=_key(command)) if isinstance(answer, RedisError) else answer
        if isinstance(said, StoreUnavailable):
            raise said from answer
        judged.append(said)
    return judged


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
