"""Sends records to Kafka: acknowledged by all replicas in sync, once each, in order per partition."""

import threading
from collections.abc import Callable, Mapping

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from app.errors import BusUnavailable, RecordTooLarge
from app.messaging.acknowledgement import tell
from app.messaging.kafka.connection import Condition, Option, connection
from app.messaging.ports import NO_ANSWER, Headers, OnDone
from app.support.logs import get_logger

_log = get_logger(__name__)

_POLL_SECONDS = 0.1
_TOO_LARGE = frozenset({"MSG_SIZE_TOO_LARGE", "INVALID_MSG_SIZE"})
_UNANSWERED = frozenset(
    {
        "_MSG_TIMED_OUT",
        "_TIMED_OUT",
        "_TIMED_OUT_QUEUE",
        "_TRANSPORT",
        "_ALL_BROKERS_DOWN",
        "_PURGE_QUEUE",
        "_PURGE_INFLIGHT",
        "REQUEST_TIMED_OUT",
        "NOT_ENOUGH_REPLICAS",
        "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
    }
)


class KafkaPublisher:
    """One idempotent producer and the thread that hears its acknowledgements.

    `on_broken` is called once, from any thread, when it can send nothing more: the process should end then,
    also where nobody lets BusBroken through.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        client_id: str = "fanfold",
        delivery_timeout_ms: int = 30_000,
        queue_records: int = 20_000,
        on_broken: Callable[[], None] = lambda: None,
        options: Mapping[str, Option] | None = None,
    ) -> None:
        self._condition = Condition(client_id=client_id, on_broken=on_broken)
        self._producer = Producer(
            {
                **connection(bootstrap, client_id=client_id, more=options or {}),
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 0,
                "delivery.timeout.ms": delivery_timeout_ms,
                "request.timeout.ms": min(6_000, delivery_timeout_ms),
                "queue.buffering.max.messages": queue_records,
                "queue.buffering.max.kbytes": 64 * 1024,
                "partitioner": "murmur2_random",
                "error_cb": self._condition.on_error,
            }
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._hear, name=f"{client_id}-acknowledgements", daemon=True)
        self._thread.start()

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
        self._condition.check()
        if self._stopping.is_set():
            raise BusUnavailable("the publisher is closed")
        try:
            self._producer.produce(
                topic,
                value,
                key,
                -1 if partition is None else partition,
                headers=list(headers),
                on_delivery=None if on_done is None else _telling(on_done, topic=topic),
            )
        except BufferError as error:
            raise BusUnavailable(
                "too many records wait for Kafka", hint="is the broker reachable? try again later"
            ) from error
        except KafkaException as error:
            raise self._refusal(topic, error.args[0]) from error

    def flush(self, timeout_seconds: float) -> int:
        return self._producer.flush(timeout_seconds)

    def close(self, timeout_seconds: float = 5.0) -> None:
        if self._stopping.is_set():
            return
        self._stopping.set()
        unsent = self.flush(timeout_seconds)
        if unsent:
            _log.warning("records_given_up", records=unsent)
            self._producer.purge()
            self.flush(1.0)
        self._thread.join(timeout=2 * _POLL_SECONDS)

    def _hear(self) -> None:
        while not self._stopping.is_set():
            self._producer.poll(_POLL_SECONDS)

    def _refusal(self, topic: str, error: KafkaError) -> BusUnavailable | RecordTooLarge:
        if error.name() in _TOO_LARGE:
            return RecordTooLarge(f"the record for {topic} is larger than the client may send: {error.str()}")
        if error.fatal():
            self._condition.on_error(error)
            self._condition.check()
        return BusUnavailable(f"the record for {topic} was refused: {error.str()}")


def _telling(on_done: OnDone, *, topic: str) -> Callable[[KafkaError | None, Message], None]:
    def heard(error: KafkaError | None, _message: Message) -> None:
        reason = None if error is None else NO_ANSWER if error.name() in _UNANSWERED else error.str()
        tell(on_done, reason, topic=topic)

    return heard
