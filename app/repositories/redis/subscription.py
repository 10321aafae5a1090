"""What is told on one pub/sub channel, on a connection of its own."""

from types import TracebackType
from typing import Self

from app.repositories.redis.channel import Address, Channel, packed


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
