"""Sends records to the broker in memory."""

from app.errors import BusUnavailable, RecordTooLarge
from app.messaging.memory.broker import MemoryBroker, Outgoing
from app.messaging.ports import Headers, OnDone

MOST_RECORD_BYTES = 1_000_000


class MemoryPublisher:
    """Appends at once, unless the broker is away; `on_done` is called by the thread that appends."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._closed = False

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
        if self._closed:
            raise BusUnavailable("the publisher is closed")
        raw_key = key.encode() if isinstance(key, str) else key
        if len(value or b"") + len(raw_key or b"") > MOST_RECORD_BYTES:
            raise RecordTooLarge(f"the record for {topic} is larger than {MOST_RECORD_BYTES} bytes")
        self._broker.send(
            Outgoing(
                topic=topic,
                value=value,
                key=raw_key,
                partition=partition,
                headers=tuple(headers),
                on_done=on_done,
            )
        )

    def flush(self, timeout_seconds: float) -> int:
        with self._broker.changed:
            self._broker.changed.wait_for(lambda: self._broker.waiting() == 0, timeout=timeout_seconds)
            return self._broker.waiting()

    def close(self, timeout_seconds: float = 5.0) -> None:
        if not self._closed:
            self._closed = True
            if self.flush(timeout_seconds):
                self._broker.give_up()
