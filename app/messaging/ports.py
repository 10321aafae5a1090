"""What the message bus can do, as small protocols, with the records that cross it.

Records are hints that say where to look: nothing in one is believed against the store. One may be lost,
late, doubled, reordered or sent to the wrong consumer, and none of that does harm.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

Headers = Sequence[tuple[str, bytes | None]]
"""In order, names may repeat: as Kafka has them."""

OnDone = Callable[[str | None], None]
"""Told None once the record is acknowledged, else `NO_ANSWER` or why Kafka refused it; called once, from any
thread, and must not block or raise."""

NO_ANSWER: Final = "Kafka did not acknowledge the record in time"
"""Kafka is away or busy: the record may or may not be there, and nothing is wrong with it."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it was received."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class Publisher(Protocol):
    """Sends records. Thread-safe; never blocks for long."""

    def publish(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: str | bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
        on_done: OnDone | None = None,
    ) -> None:
        """Queues the record, for the partition that is given, else for the key's, else for any.

        While Kafka is away the record waits, up to a limit in time, after which `on_done` is told.
        Raises BusUnavailable where the queue is full, BusBroken where the client is, RecordTooLarge.
        """
        ...

    def flush(self, timeout_seconds: float) -> int:
        """Waits until what is queued is acknowledged; how many records are not."""
        ...

    def close(self, timeout_seconds: float = 5.0) -> None:
        """Flushes; what is not acknowledged then is given up, and `on_done` told so. May be repeated."""
        ...


class Subscription(Protocol):
    """A consumer of one topic in a group, at least once: what is not `done` comes again to some member.

    One thread calls `poll`, `pause`, `resume` and `close`; any thread may call the others.
    """

    def poll(self, timeout_seconds: float) -> Sequence[Message]:
        """What has come, at once when there is something; possibly nothing. Never raises for a broker that
        is away.

        Raises BusBroken on a fatal error: end the process then.
        """
        ...

    def done(self, message: Message) -> None:
        """The effect of this message is in the store. In any order; safe to repeat, also for a partition
        that went to another member. Offsets move past a message when all before it are done, too."""
        ...

    def partitions(self) -> tuple[int, ...]:
        """Those it owns now, in order."""
        ...

    def pause(self) -> None:
        """`poll` hands out nothing more, and the partitions stay owned. May be repeated."""
        ...

    def resume(self) -> None:
        """Ends a pause. May be repeated."""
        ...

    def close(self) -> None:
        """Commits what is done and leaves the group. May be repeated."""
        ...


class TopicAdmin(Protocol):
    """Makes the topics that are missing."""

    def ensure(self, topics: Mapping[str, int], *, timeout_seconds: float) -> None:
        """`topics`: partitions by name. Returns once all can be used; safe to repeat and to run in several
        processes at once; never changes a topic that exists. Raises BusUnavailable."""
        ...

    def is_reachable(self, *, timeout_seconds: float) -> bool:
        """Whether the bus answers now, asked anew each time; blocks for the time-out at most."""
        ...
