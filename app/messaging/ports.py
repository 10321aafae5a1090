"""What the message bus can do, as small protocols, with the records that cross it.

Records are hints that say where to look: nothing in one is believed against the store. One may be lost,
late, doubled, reordered or sent to the wrong consumer, and none of that does harm.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it was received."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Publisher(Protocol):
    """Sends records. Thread-safe; never blocks for long."""

    def publish(
        self,
        topic: str,
        value: bytes,
        *,
        key: str | None = None,
        partition: int | None = None,
        headers: Mapping[str, bytes] | None = None,
        on_done: Callable[[str | None], None] | None = None,
    ) -> None:
        """Queues the record; `on_done` is told None, or why it failed, from any thread.

        Raises BusUnavailable where the queue is full.
        """
        ...

    def flush(self, timeout_seconds: float) -> int:
        """Waits until what is queued is acknowledged; how many are not."""
        ...

    def close(self, timeout_seconds: float = 5.0) -> None: ...


class Subscription(Protocol):
    """A consumer of one topic in a group. One thread polls it; `done` may be called from any thread."""

    def poll(self, timeout_seconds: float) -> Sequence[Message]:
        """What has come, possibly nothing. Raises BusUnavailable on a fatal error: end the process then."""
        ...

    def done(self, message: Message) -> None:
        """The effect of this message is in the store: its offset may be committed."""
        ...

    def partitions(self) -> tuple[int, ...]:
        """Those it owns now."""
        ...

    def close(self) -> None: ...


class TopicAdmin(Protocol):
    """Makes the topics that are missing."""

    def ensure(self, topics: Mapping[str, int], *, timeout_seconds: float) -> None:
        """`topics`: partitions by name. Raises BusUnavailable."""
        ...

    def is_reachable(self, *, timeout_seconds: float) -> bool: ...
