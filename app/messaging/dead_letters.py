"""The dead-letter topic: a copy of each record that no consumer could use, with the reason beside it."""

from app.messaging.ports import Headers, Message, OnDone, Publisher

HEADER = "__dlq.errors."
TRUNCATED = "fanfold.truncated.bytes"
MOST_KEY_BYTES = 128 * 1024
MOST_VALUE_BYTES = 512 * 1024
MOST_HEADER_BYTES = 128 * 1024
MOST_REASON_CHARACTERS = 2_000


class DeadLetters:
    """Buries records. The headers that tell why are those that Kafka itself writes for share groups."""

    def __init__(self, publisher: Publisher, *, topic: str) -> None:
        self._publisher = publisher
        self._topic = topic

    def bury(
        self, message: Message, *, group: str, deliveries: int, reason: str, on_done: OnDone | None = None
    ) -> None:
        """Queues the copy; the original may be `done` once `on_done` is told None. Twice makes two copies.

        `deliveries` is how often the record was tried. What is too large to copy is cut, and the header
        `fanfold.truncated.bytes` holds how much is missing. Raises BusUnavailable.
        """
        key, key_lost = _cut(message.key, most_bytes=MOST_KEY_BYTES)
        value, value_lost = _cut(message.value, most_bytes=MOST_VALUE_BYTES)
        headers, headers_lost = _fitting(message.headers)
        lost = key_lost + value_lost + headers_lost
        self._publisher.publish(
            self._topic,
            value,
            key=key,
            headers=[
                *headers,
                *_errors(message, group=group, deliveries=deliveries, reason=reason),
                *([(TRUNCATED, str(lost).encode())] if lost else []),
            ],
            on_done=on_done,
        )


def _errors(message: Message, *, group: str, deliveries: int, reason: str) -> Headers:
    told = {
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "group": group,
        "delivery.count": deliveries,
        "message": reason[:MOST_REASON_CHARACTERS],
    }
    return [(HEADER + name, str(value).encode(errors="replace")) for name, value in told.items()]


def _cut(text: bytes | None, *, most_bytes: int) -> tuple[bytes | None, int]:
    """What fits, and how many bytes do not."""
    if text is None or len(text) <= most_bytes:
        return text, 0
    return text[:most_bytes], len(text) - most_bytes


def _fitting(headers: Headers) -> tuple[Headers, int]:
    kept: list[tuple[str, bytes | None]] = []
    size = lost = 0
    for name, value in headers:
        weight = len(name.encode(errors="replace")) + len(value or b"")
        if size + weight <= MOST_HEADER_BYTES:
            kept.append((name, value))
            size += weight
        else:
            lost += weight
    return kept, lost
