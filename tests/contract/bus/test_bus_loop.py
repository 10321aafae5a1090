"""A consumer loop between the two: pausing loses and repeats nothing, alike on the twin and on Kafka."""

import threading
from collections.abc import Callable

from app.consumers.handling import LoopLimits
from app.consumers.loop import ConsumerLoop
from app.errors import BusUnavailable
from app.messaging.dead_letters import DeadLetters
from app.messaging.ports import Message
from app.models.wire import UnreadableRecord
from tests.contract.bus.buses import PARTITIONS, Bus
from tests.contract.bus.receiving import receive, values
from tests.servers import wait_until

RECORDS = 3_000


def test_all_records_pass_once_through_a_loop_that_pauses_again_and_again(
    bus: Bus, topic: str, new_name: Callable[[], str]
) -> None:
    dead = new_name()
    bus.admin().ensure({dead: 1}, timeout_seconds=20)
    publisher, stop, slow = bus.publisher(), threading.Event(), threading.Event()
    handled: list[bytes | None] = []

    def handle(message: Message) -> None:
        handled.append(message.value)
        if len(handled) % 600 == 0:
            slow.wait(0.4)  # longer than the loop waits for room before it pauses
        if message.value == b"1234":
            raise UnreadableRecord("not a TaskRecord")

    loop = ConsumerLoop(
        bus.subscription(topic=topic, group="g"),
        handle=handle,
        dead_letters=DeadLetters(publisher, topic=dead),
        group="g",
        limits=LoopLimits(capacity=50),
    )
    running = threading.Thread(target=loop.run, args=(stop,))
    running.start()
    sent = [b"%d" % number for number in range(RECORDS)]
    for number, value in enumerate(sent):
        publisher.publish(topic, value, partition=number % PARTITIONS)

    try:
        wait_until(lambda: len(handled) >= RECORDS, seconds=30, state=lambda: len(handled))
        (letter,) = receive(bus.subscription(topic=dead, group="g"), 1)
    finally:
        stop.set()
        running.join(20)

    assert sorted(handled, key=str) == sorted(sent, key=str)
    assert letter.value == b"1234"
    publisher.publish(topic, b"new")
    assert values(receive(bus.subscription(topic=topic, group="g"), 1)) == [b"new"]


def test_a_loop_whose_handler_needs_the_bus_goes_on_when_it_can_publish_again(bus: Bus, topic: str) -> None:
    publisher, stop = bus.publisher(), threading.Event()
    tries: list[bytes | None] = []

    def handle(message: Message) -> None:
        tries.append(message.value)
        if len(tries) < 4:
            raise BusUnavailable("too many records wait for Kafka")

    loop = ConsumerLoop(
        bus.subscription(topic=topic, group="g"),
        handle=handle,
        dead_letters=DeadLetters(publisher, topic=topic),
        group="g",
    )
    publisher.publish(topic, b"x")
    running = threading.Thread(target=loop.run, args=(stop,))
    running.start()
    try:
        wait_until(lambda: len(tries) == 4, seconds=20, state=lambda: tries)
    finally:
        stop.set()
        running.join(20)

    publisher.publish(topic, b"new")
    assert values(receive(bus.subscription(topic=topic, group="g"), 1)) == [b"new"]
