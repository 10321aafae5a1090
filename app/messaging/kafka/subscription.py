"""Receives the records of one topic as a member of a consumer group."""

import threading
from collections.abc import Iterable, Mapping, Sequence

import confluent_kafka
from confluent_kafka import Consumer, KafkaException, TopicPartition

from app.messaging.kafka.connection import Condition, Option, connection
from app.messaging.ports import Message
from app.messaging.progress import Progress
from app.support.logs import get_logger

_log = get_logger(__name__)

_MOST_AT_ONCE = 200
_LEAVE_SECONDS = 2.0


class KafkaSubscription:
    """One consumer. All calls of the client are made by the thread that polls; `done` only takes notes."""

    def __init__(
        self,
        bootstrap: str,
        *,
        topic: str,
        group: str,
        session_timeout_ms: int = 6_000,
        heartbeat_interval_ms: int = 1_000,
        client_id: str = "fanfold",
        options: Mapping[str, Option] | None = None,
    ) -> None:
        self._topic = topic
        self._condition = Condition(client_id=client_id)
        self._lock = threading.Lock()
        self._progress: dict[int, Progress] = {}
        self._stored: dict[int, int] = {}
        self._paused = False
        self._closed = False
        self._log = _log.bind(topic=topic, group=group)
        self._consumer = Consumer(
            {
                **connection(bootstrap, client_id=client_id, more=options or {}),
                "group.id": group,
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": session_timeout_ms,
                "heartbeat.interval.ms": heartbeat_interval_ms,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": True,
                "auto.commit.interval.ms": 1_000,
                "enable.auto.offset.store": False,
                "allow.auto.create.topics": False,
                # Data is answered at once; the wait bounds how late a new or resumed partition is asked for.
                "fetch.min.bytes": 1,
                "fetch.wait.max.ms": 500,
                "fetch.error.backoff.ms": 100,
                "queued.min.messages": 1_000,
                "fetch.queue.backoff.ms": 10,
                "error_cb": self._condition.on_error,
            }
        )
        self._consumer.subscribe(
            [topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def poll(self, timeout_seconds: float) -> Sequence[Message]:
        self._store()
        first = self._consumer.poll(timeout_seconds)
        # consume() with a time-out waits for a full batch; with none it takes what is there.
        more = [] if first is None else self._consumer.consume(_MOST_AT_ONCE - 1, timeout=0)
        self._condition.check()
        return self._received([*([] if first is None else [first]), *more])

    def done(self, message: Message) -> None:
        with self._lock:
            progress = self._progress.get(message.partition)
            if progress is not None:
                progress.finished(message.offset)

    def partitions(self) -> tuple[int, ...]:
        with self._lock:
            return tuple(sorted(self._progress))

    def pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._consumer.pause(self._of(self.partitions()))

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            self._consumer.resume(self._of(self.partitions()))

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._store()
        # Without a broker the client waits for its session to end; whoever stops must not wait with it.
        leaving = threading.Thread(target=self._consumer.close, name="leaving-group", daemon=True)
        leaving.start()
        leaving.join(_LEAVE_SECONDS)
        if leaving.is_alive():
            self._log.warning("group_not_left", waited_seconds=_LEAVE_SECONDS)
        with self._lock:
            self._progress.clear()

    def _received(self, raw: Sequence[confluent_kafka.Message]) -> Sequence[Message]:
        messages = []
        for record in raw:
            error = record.error()
            if error is None:
                messages.append(_message(record))
            else:
                self._condition.on_error(error)
        self._condition.check()
        with self._lock:
            for message in messages:
                self._progress.setdefault(message.partition, Progress()).received(message.offset)
        return messages

    def _store(self) -> None:
        """Tells the client how far each partition is done; it commits once a second and when it leaves."""
        with self._lock:
            reached = {partition: progress.advance() for partition, progress in self._progress.items()}
        moved = {
            partition: offset
            for partition, offset in reached.items()
            if offset is not None and self._stored.get(partition) != offset
        }
        for partition, offset in moved.items():
            try:
                self._consumer.store_offsets(offsets=[TopicPartition(self._topic, partition, offset)])
            except KafkaException as error:  # the partition is no longer ours: its next owner does it again
                self._log.info("offset_not_stored", partition=partition, detail=error.args[0].str())
            else:
                self._stored[partition] = offset

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.incremental_assign(partitions)
        if self._paused:
            consumer.pause(partitions)
        with self._lock:
            for partition in partitions:
                self._progress[partition.partition] = Progress()
        self._log.info("partitions_assigned", partitions=_numbers(partitions))

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._store()
        consumer.incremental_unassign(partitions)
        self._forget(partitions)
        self._log.info("partitions_revoked", partitions=_numbers(partitions))

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.incremental_unassign(partitions)
        self._forget(partitions)
        self._log.warning("partitions_lost", partitions=_numbers(partitions))

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        with self._lock:
            for partition in partitions:
                self._progress.pop(partition.partition, None)
                self._stored.pop(partition.partition, None)

    def _of(self, partitions: Iterable[int]) -> list[TopicPartition]:
        return [TopicPartition(self._topic, partition) for partition in partitions]


def _message(record: confluent_kafka.Message) -> Message:
    return Message(
        topic=record.topic() or "",
        partition=_number(record.partition()),
        offset=_number(record.offset()),
        key=record.key(),
        value=record.value(),
        headers=tuple(
            (name, value.encode() if isinstance(value, str) else value)
            for name, value in _pairs(record.headers())
        ),
    )


def _pairs(
    headers: dict[str, str | bytes | None] | list[tuple[str, str | bytes | None]] | None,
) -> Iterable[tuple[str, str | bytes | None]]:
    return headers.items() if isinstance(headers, dict) else headers or ()


def _number(value: int | None) -> int:
    return -1 if value is None else value


def _numbers(partitions: Iterable[TopicPartition]) -> list[int]:
    return sorted(partition.partition for partition in partitions)
