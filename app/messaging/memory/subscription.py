"""Receives records from the broker in memory."""

from collections.abc import Sequence

from app.messaging.memory.broker import MemoryBroker
from app.messaging.ports import Message
from app.messaging.progress import Progress

MOST_AT_ONCE = 200


class MemorySubscription:
    """A member of a group, from its making on. What is done is committed at once."""

    def __init__(self, broker: MemoryBroker, *, topic: str, group: str) -> None:
        self._broker = broker
        self._topic = topic
        self._group = broker.group(group, topic=topic)
        self._progress: dict[int, Progress] = {}
        self._position: dict[int, int] = {}
        self._paused = False
        self._closed = False
        with broker.changed:
            self._group.members.append(self)
            broker.share_out(self._group, topic=topic)

    def poll(self, timeout_seconds: float) -> Sequence[Message]:
        with self._broker.changed:
            self._broker.changed.wait_for(self._has_news, timeout=timeout_seconds)
            return self._take() if self._has_news() else []

    def done(self, message: Message) -> None:
        with self._broker.changed:
            progress = self._progress.get(message.partition)
            if progress is not None:
                progress.finished(message.offset)
                self._commit(message.partition)

    def partitions(self) -> tuple[int, ...]:
        with self._broker.changed:
            return tuple(sorted(self._progress))

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        with self._broker.changed:
            self.take_over(())
            self._group.members.remove(self)
            self._broker.share_out(self._group, topic=self._topic)

    def take_over(self, partitions: Sequence[int]) -> None:
        """From now on it owns just these: the group's own call."""
        for partition in set(self._progress) - set(partitions):
            self._commit(partition)
            del self._progress[partition], self._position[partition]
        for partition in set(partitions) - set(self._progress):
            self._progress[partition] = Progress()
            self._position[partition] = self._group.committed.get(partition, 0)

    def _commit(self, partition: int) -> None:
        reached = self._progress[partition].advance()
        if reached is not None:
            self._group.committed[partition] = reached

    def _has_news(self) -> bool:
        return not (self._paused or self._closed or self._broker.away) and any(
            position < len(self._broker.log(self._topic, partition=partition))
            for partition, position in self._position.items()
        )

    def _take(self) -> list[Message]:
        taken: list[Message] = []
        for partition, position in self._position.items():
            log = self._broker.log(self._topic, partition=partition)
            taken.extend(log[position : position + MOST_AT_ONCE - len(taken)])
        for message in taken:
            self._progress[message.partition].received(message.offset)
            self._position[message.partition] = message.offset + 1
        return taken
