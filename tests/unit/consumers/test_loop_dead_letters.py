"""What a loop does with records that cannot be handled: each ends in a visible place, none stops another."""

import threading

from app.consumers.handling import LoopLimits
from app.errors import StoreUnavailable
from app.messaging.ports import Message
from app.models.wire import UnreadableRecord
from app.support.retry import RetryPolicy
from tests.servers import wait_until
from tests.unit.consumers.running import (
    DEAD,
    GROUP,
    QUICK,
    TOPIC,
    Handled,
    a_bus,
    dead_values,
    left_over,
    running,
    send,
)


def test_an_unreadable_record_goes_to_the_dead_letters_and_the_next_is_handled() -> None:
    bus, handled = a_bus(), Handled()
    send(bus, b"good", b"bad", b"good too")

    def handle(message: Message) -> None:
        if message.value == b"bad":
            raise UnreadableRecord("not a TaskRecord")
        handled(message)

    with running(bus, handle):
        wait_until(lambda: len(handled.values) == 2, seconds=5, state=lambda: handled.values)
        wait_until(lambda: dead_values(bus) == [b"bad"], seconds=5, state=lambda: dead_values(bus))

    (letter,) = bus.records(DEAD)
    assert letter.key == b"key"
    assert letter.headers == (
        ("kind", b"test"),
        ("__dlq.errors.topic", TOPIC.encode()),
        ("__dlq.errors.partition", b"0"),
        ("__dlq.errors.offset", b"1"),
        ("__dlq.errors.group", GROUP.encode()),
        ("__dlq.errors.delivery.count", b"1"),
        ("__dlq.errors.message", b"record-unreadable: not a TaskRecord"),
    )
    assert left_over(bus) == []


def test_an_outage_makes_no_dead_letters_however_long_it_is() -> None:
    bus, handled, mended, tries = a_bus(), Handled(), threading.Event(), Handled()
    send(bus, b"before", b"1", b"2")

    def handle(message: Message) -> None:
        tries(message)
        if message.value != b"before" and not mended.is_set():
            raise StoreUnavailable("away")
        handled(message)

    with running(bus, handle, limits=LoopLimits(policy=QUICK)):
        wait_until(lambda: len(tries.values) > 40, seconds=5, state=lambda: len(tries.values))
        mended.set()
        wait_until(lambda: len(handled.values) == 3, seconds=5, state=lambda: handled.values)

    assert dead_values(bus) == []
    assert left_over(bus) == []


def test_a_record_that_fails_again_and_again_while_others_succeed_is_buried() -> None:
    bus, handled = a_bus(), Handled()
    send(bus, b"poison")

    def handle(message: Message) -> None:
        if message.value == b"poison":
            send(bus, b"good")
            raise StoreUnavailable("WRONGTYPE")
        handled(message)

    with running(bus, handle, limits=LoopLimits(policy=RetryPolicy(limit=3, first_seconds=0.3, factor=1))):
        wait_until(lambda: dead_values(bus) == [b"poison"], seconds=5, state=lambda: dead_values(bus))

    assert handled.values[:3] == [b"good"] * 3
    (letter,) = bus.records(DEAD)
    assert dict(letter.headers)["__dlq.errors.message"] == b"store-unavailable: WRONGTYPE"
    assert int(dict(letter.headers)["__dlq.errors.delivery.count"] or 0) >= 4
    assert b"poison" not in left_over(bus)


def test_a_record_whose_handler_crashes_is_buried_after_a_few_tries() -> None:
    bus, tries, handled = a_bus(), Handled(), Handled()
    send(bus, b"bad", b"good")

    def handle(message: Message) -> None:
        if message.value == b"bad":
            tries(message)
            raise ValueError("a fault of ours")
        handled(message)

    with running(bus, handle, limits=LoopLimits(policy=QUICK, crashes=3)):
        wait_until(lambda: dead_values(bus) == [b"bad"], seconds=5, state=lambda: dead_values(bus))
        wait_until(lambda: handled.values == [b"good"], seconds=5, state=lambda: handled.values)

    assert tries.values == [b"bad"] * 3
    assert dict(bus.records(DEAD)[0].headers)["__dlq.errors.message"] == b"ValueError: a fault of ours"
    assert left_over(bus) == []


def test_a_flood_of_unreadable_records_is_held_back_and_the_good_ones_pass() -> None:
    bus, handled = a_bus(), Handled()
    send(bus, b"good", *[b"bad"] * 5, b"good too")

    def handle(message: Message) -> None:
        if message.value == b"bad":
            raise UnreadableRecord("no")
        handled(message)

    with running(bus, handle, limits=LoopLimits(policy=QUICK, dead_letters_a_minute=2)):
        wait_until(lambda: handled.values == [b"good", b"good too"], seconds=5, state=lambda: handled.values)

    assert dead_values(bus) == [b"bad"] * 2
    assert left_over(bus) == [b"bad"] * 3 + [b"good too"]


def test_a_record_is_not_done_before_its_copy_is_acknowledged() -> None:
    bus, handled = a_bus(dead=False), Handled()
    send(bus, b"bad", b"good")

    def handle(message: Message) -> None:
        if message.value == b"bad":
            raise UnreadableRecord("no")
        handled(message)

    with running(bus, handle):
        wait_until(lambda: handled.values == [b"good"], seconds=5, state=lambda: handled.values)
    assert left_over(bus) == [b"bad", b"good"]

    with running(bus, handle):
        bus.admin().ensure({DEAD: 1}, timeout_seconds=1)
        wait_until(lambda: dead_values(bus) == [b"bad"], seconds=5, state=lambda: dead_values(bus))
    assert left_over(bus) == []
