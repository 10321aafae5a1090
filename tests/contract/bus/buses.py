"""The two buses that the suite runs on."""

from contextlib import ExitStack
from typing import Protocol

from app.messaging.kafka import KafkaAdmin, KafkaPublisher, KafkaSubscription
from app.messaging.memory import MemoryBus
from app.messaging.ports import Publisher, Subscription, TopicAdmin

PARTITIONS = 4


class Bus(Protocol):
    """What makes the parts of one bus; they are closed after the test."""

    def publisher(self) -> Publisher: ...

    def subscription(self, *, topic: str, group: str) -> Subscription: ...

    def admin(self) -> TopicAdmin: ...


class TwinBus:
    """Parts of a bus in memory."""

    def __init__(self, bus: MemoryBus | None = None) -> None:
        self.bus = bus or MemoryBus()
        self.publisher = self.bus.publisher
        self.subscription = self.bus.subscription
        self.admin = self.bus.admin


class RealBus:
    """Parts that talk to one Kafka."""

    def __init__(self, bootstrap: str, *, closing: ExitStack) -> None:
        self._bootstrap = bootstrap
        self._closing = closing

    def publisher(self) -> KafkaPublisher:
        made = KafkaPublisher(self._bootstrap)
        self._closing.callback(made.close)
        return made

    def subscription(self, *, topic: str, group: str) -> KafkaSubscription:
        made = KafkaSubscription(
            self._bootstrap, topic=topic, group=f"{group}-{topic}", heartbeat_interval_ms=200
        )
        self._closing.callback(made.close)
        return made

    def admin(self) -> KafkaAdmin:
        return KafkaAdmin(self._bootstrap, replication=1, retention_ms=3_600_000)
