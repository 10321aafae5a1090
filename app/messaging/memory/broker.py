"""The broker in memory: the logs of its topics, its groups, and what waits while it is away."""

import threading
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import BusUnavailable
from app.messaging.acknowledgement import tell
from app.messaging.memory.groups import Group
from app.messaging.ports import NO_ANSWER, Message, OnDone

MOST_WAITING = 20_000


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A record on its way into a topic."""

    topic: str
    value: bytes | None
    key: bytes | None
    partition: int | None
    headers: tuple[tuple[str, bytes | None], ...]
    on_done: OnDone | None

    def tell(self, reason: str | None) -> None:
        tell(self.on_done, reason, topic=self.topic)


class MemoryBroker:
    """Thread-safe. `changed` is its lock, and is told of everything that a consumer may wait for."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.away = False
        self._topics: dict[str, list[list[Message]]] = {}
        self._groups: dict[tuple[str, str], Group] = {}
        self._waiting: deque[Outgoing] = deque()
        self._keyless = 0

    def go_away(self) -> None:
        with self.changed:
            self.away = True

    def come_back(self) -> None:
        with self.changed:
            self.away = False
            self.changed.notify_all()
        self._deliver()

    def create(self, topic: str, *, partitions: int) -> None:
        """Makes the topic, unless it exists."""
        with self.changed:
            if topic not in self._topics:
                self._topics[topic] = [[] for _ in range(partitions)]
                self._share_out(topic)

    def group(self, name: str, *, topic: str) -> Group:
        with self.changed:
            return self._groups.setdefault((topic, name), Group())

    def share_out(self, group: Group, *, topic: str) -> None:
        """Shares the topic among the members that the group has now."""
        with self.changed:
            group.share_out(len(self._topics.get(topic, ())))
            self.changed.notify_all()

    def log(self, topic: str, *, partition: int) -> Sequence[Message]:
        """For holders of the lock."""
        return self._topics[topic][partition]

    def records(self, topic: str) -> Sequence[Message]:
        with self.changed:
            return [message for log in self._topics.get(topic, ()) for message in log]

    def send(self, record: Outgoing) -> None:
        """Raises BusUnavailable where too many wait."""
        with self.changed:
            if len(self._waiting) >= MOST_WAITING:
                raise BusUnavailable("too many records wait for Kafka")
            self._waiting.append(record)
        self._deliver()

    def waiting(self) -> int:
        with self.changed:
            return len(self._waiting)

    def give_up(self) -> None:
        """Drops what waits, and tells so."""
        with self.changed:
            given_up = tuple(self._waiting)
            self._waiting.clear()
        for record in given_up:
            record.tell(NO_ANSWER)

    def _share_out(self, topic: str) -> None:
        for (name, _), group in self._groups.items():
            if name == topic:
                self.share_out(group, topic=topic)

    def _deliver(self) -> None:
        while True:
            with self.changed:
                if self.away or not self._waiting:
                    return
                record = self._waiting.popleft()
                reason = self._append(record)
                self.changed.notify_all()
            record.tell(reason)

    def _append(self, record: Outgoing) -> str | None:
        """Why it cannot be kept, or None."""
        logs = self._topics.get(record.topic)
        if logs is None:
            return f"there is no topic {record.topic}"
        partition = self._partition(record, count=len(logs))
        if not 0 <= partition < len(logs):
            return f"{record.topic} has no partition {partition}"
        kept = Message(
            topic=record.topic,
            partition=partition,
            offset=len(logs[partition]),
            key=record.key,
            value=record.value,
            headers=record.headers,
        )
        logs[partition].append(kept)
        return None

    def _partition(self, record: Outgoing, *, count: int) -> int:
        if record.partition is not None:
            return record.partition
        if record.key is not None:
            return zlib.crc32(record.key) % count
        self._keyless += 1
        return self._keyless % count
