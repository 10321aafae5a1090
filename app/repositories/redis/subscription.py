"""What is told on one pub/sub channel, on a connection of its own."""

import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from redis.exceptions import RedisError

from app.repositories.redis.channel import Address, Channel, packed

LOOK_SECONDS = 0.25
RECONNECT_SECONDS = 0.5


class Subscription:
    """Tells what is said from the time it is made. For one thread.

    Raises the library's errors: make another one then, and take it that something was missed.
    """

    def __init__(self, address: Address, name: str) -> None:
        self._channel = Channel(address)
        (answer,) = self._channel.ask(packed(("SUBSCRIBE", name)), answers=1)
        if isinstance(answer, Exception):
            self._channel.close()
            raise answer

    def next(self, *, timeout_seconds: float) -> bytes | None:
        """The next message, or None where none came in time."""
        told = self._channel.hear(timeout_seconds=timeout_seconds)
        if told is None:
            return None
        _, _, message = told
        return bytes(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()


def messages(subscribe: Callable[[], Subscription], *, closed: threading.Event) -> Iterator[bytes | None]:
    """What is told until `closed`, over lost connections; None with each new one: something may be missed."""
    while not closed.is_set():
        try:
            with subscribe() as subscription:
                yield None
                while not closed.is_set():
                    message = subscription.next(timeout_seconds=LOOK_SECONDS)
                    if message is not None:
                        yield message
        except RedisError:
            closed.wait(RECONNECT_SECONDS)
