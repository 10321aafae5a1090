"""A bus that lives in this process, and the parts that a process would make of it."""

from collections.abc import Mapping, Sequence

from app.errors import BusUnavailable
from app.messaging.memory.broker import MemoryBroker
from app.messaging.memory.publisher import MemoryPublisher
from app.messaging.memory.subscription import MemorySubscription
from app.messaging.ports import Message


class MemoryBus:
    """Topics and groups of one process. `interrupt` takes the broker away, `recover` brings it back."""

    def __init__(self) -> None:
        self._broker = MemoryBroker()

    def publisher(self) -> MemoryPublisher:
        return MemoryPublisher(self._broker)

    def subscription(self, *, topic: str, group: str) -> MemorySubscription:
        """A new member of the group."""
        return MemorySubscription(self._broker, topic=topic, group=group)

    def admin(self) -> "MemoryAdmin":
        return MemoryAdmin(self._broker)

    def records(self, topic: str) -> Sequence[Message]:
        """All that a topic holds, partition by partition."""
        return self._broker.records(topic)

    def interrupt(self) -> None:
        """Nothing is received, and what is published waits, until `recover`."""
        self._broker.go_away()

    def recover(self) -> None:
        self._broker.come_back()


class MemoryAdmin:
    """Makes topics in memory."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    def ensure(self, topics: Mapping[str, int], *, timeout_seconds: float) -> None:
        if not self.is_reachable(timeout_seconds=timeout_seconds):
            raise BusUnavailable("the broker is away")
        for topic, partitions in topics.items():
            self._broker.create(topic, partitions=partitions)

    def is_reachable(self, *, timeout_seconds: float) -> bool:  # noqa: ARG002 - memory answers at once
        return not self._broker.away
