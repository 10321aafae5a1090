"""What a dead letter carries."""

from app.messaging.dead_letters import DeadLetters
from app.messaging.memory import MemoryBus
from app.messaging.ports import Message

DEAD = "dead"


def bury(message: Message, *, reason: str = "no sense in it") -> Message:
    bus = MemoryBus()
    bus.admin().ensure({DEAD: 1}, timeout_seconds=1)
    told: list[str | None] = []
    DeadLetters(bus.publisher(), topic=DEAD).bury(
        message, group="workers", deliveries=2, reason=reason, on_done=told.append
    )
    (letter,) = bus.records(DEAD)
    assert told == [None]
    return letter


def a_message(
    *,
    key: bytes | None = b"k",
    value: bytes | None = b"v",
    headers: tuple[tuple[str, bytes | None], ...] = (),
) -> Message:
    return Message(topic="work", partition=3, offset=41, key=key, value=value, headers=headers)


def test_key_value_and_headers_are_kept_and_the_reason_is_added() -> None:
    letter = bury(a_message(value=b"\xff\x00", headers=(("a", b"1"), ("a", None))))

    assert (letter.key, letter.value) == (b"k", b"\xff\x00")
    assert letter.headers == (
        ("a", b"1"),
        ("a", None),
        ("__dlq.errors.topic", b"work"),
        ("__dlq.errors.partition", b"3"),
        ("__dlq.errors.offset", b"41"),
        ("__dlq.errors.group", b"workers"),
        ("__dlq.errors.delivery.count", b"2"),
        ("__dlq.errors.message", b"no sense in it"),
    )


def test_a_tombstone_stays_one() -> None:
    letter = bury(a_message(key=None, value=None))

    assert (letter.key, letter.value) == (None, None)


def test_what_would_not_fit_is_cut_and_counted() -> None:
    letter = bury(
        a_message(
            key=b"k" * 200_000,
            value=b"v" * 2_000_000,
            headers=(("big", b"h" * 150_000), ("small", b"kept")),
        )
    )

    headers = dict(letter.headers)
    assert letter.key == b"k" * 131_072
    assert letter.value == b"v" * 524_288
    assert headers["small"] == b"kept"
    assert "big" not in headers
    missing = 200_000 - 131_072 + 2_000_000 - 524_288 + 150_003
    assert headers["fanfold.truncated.bytes"] == b"%d" % missing


def test_a_reason_that_utf8_cannot_hold_is_told_as_well_as_can_be() -> None:
    letter = bury(a_message(), reason="bad \ud800 text " + "x" * 5_000)

    reason = dict(letter.headers)["__dlq.errors.message"]
    assert reason is not None
    assert reason.startswith(b"bad ? text xxx")
    assert len(reason) == 2_000
