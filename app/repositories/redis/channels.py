"""The connections of one process to Redis: made when they are needed, kept, and never more than so many."""

from threading import BoundedSemaphore
from typing import Any

from redis.exceptions import MaxConnectionsError

from app.repositories.redis.channel import Address, Channel


class Channels:
    """Shared by all threads. Raises the library's errors."""

    def __init__(self, address: Address, *, most: int) -> None:
        self._address = address
        self._places = BoundedSemaphore(most)
        self._idle: list[Channel] = []

    def ask(self, requests: bytes, *, answers: int) -> list[Any]:
        """As `Channel.ask`, on a connection that nobody else uses; waits for one."""
        if not self._places.acquire(timeout=self._address.timeout_seconds):
            raise MaxConnectionsError("No connection available")
        try:
            channel = self._channel()
            got = channel.ask(requests, answers=answers)
            self._idle.append(channel)
        finally:
            self._places.release()
        return got

    def close(self) -> None:
        """Closes those that nobody uses; more are made when they are needed."""
        while self._idle:
            self._idle.pop().close()

    def _channel(self) -> Channel:
        """The one used last, because the server may have closed it, and a write is not sent twice."""
        while True:
            try:
                channel = self._idle.pop()
            except IndexError:
                return Channel(self._address)
            if not channel.is_stale():
                return channel
            channel.close()
