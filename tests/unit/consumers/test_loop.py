"""The loop between a subscription and a service: order, redelivery, pausing, stopping."""

import threading
from collections.abc import Sequence

import pytest

from app.consumers.handling import LoopLimits
from app.errors import BusBroken, StoreUnavailable
from app.messaging.ports import Message, Subscription
from tests.servers import wait_until
from tests.unit.consumers.running import GROUP, QUICK, TOPIC, Handled, a_bus, left_over, running, send


class Counting:
    """A subscription that counts its polls."""

    def __init__(self, inner: Subscription) -> None:
        self._inner = inner
        self.polls = 0
        self.paused = False
        self.done, self.partitions, self.close = inner.done, inner.partitions, inner.close

    def poll(self, timeout_seconds: float) -> Sequence[Message]:
        self.polls += 1
        return self._inner.poll(timeout_seconds)

    def pause(self) -> None:
        self.paused = True
        self._inner.pause()

    def resume(self) -> None:
        self.paused = False
        self._inner.resume()


def test_records_are_handled_in_order_and_committed() -> None:
    bus, handled = a_bus(), Handled()
    send(bus, b"1", b"2", b"3")

    with running(bus, handled):
        wait_until(lambda: len(handled.values) == 3, seconds=5, state=lambda: handled.values)

    assert handled.values == [b"1", b"2", b"3"]
    assert left_over(bus) == []


def test_stopping_finishes_the_record_in_hand_and_leaves_the_rest() -> None:
    bus, begun, go = a_bus(), threading.Event(), threading.Event()
    handled = Handled()
    send(bus, b"1", b"2", b"3")

    def slow(message: Message) -> None:
        begun.set()
        assert go.wait(5)
        handled(message)

    with running(bus, slow) as run:
        assert begun.wait(5)
        run.stop.set()
        go.set()

    assert handled.values == [b"1"]
    assert left_over(bus) == [b"2", b"3"]


def test_a_handler_that_never_returns_does_not_keep_the_loop_from_stopping() -> None:
    bus, begun, go = a_bus(), threading.Event(), threading.Event()
    send(bus, b"1")

    def stuck(_message: Message) -> None:
        begun.set()
        go.wait(20)

    with running(bus, stuck, limits=LoopLimits(stop_seconds=0.05)) as run:
        assert begun.wait(5)
        run.stop.set()

    go.set()
    assert left_over(bus) == [b"1"]


def test_polling_goes_on_while_the_handler_is_busy_and_takes_no_more_than_fits() -> None:
    bus, go, handled = a_bus(), threading.Event(), Handled()
    send(bus, *(b"%d" % number for number in range(1000)))
    subscription = Counting(bus.subscription(topic=TOPIC, group=GROUP))

    def waiting(message: Message) -> None:
        assert go.wait(5)
        handled(message)

    limits = LoopLimits(capacity=10)
    with running(bus, waiting, limits=limits, subscription=subscription):
        wait_until(lambda: subscription.paused, seconds=5)
        polls = subscription.polls
        wait_until(lambda: subscription.polls > polls + 5, seconds=5, state=lambda: subscription.polls)
        assert handled.values == []
        go.set()
        wait_until(lambda: len(handled.values) == 1000, seconds=10, state=lambda: len(handled.values))
        wait_until(lambda: not subscription.paused, seconds=5)

    assert handled.values == [b"%d" % number for number in range(1000)]
    assert left_over(bus) == []


def test_a_record_that_waits_for_its_next_try_does_not_hold_up_the_others() -> None:
    bus, handled = a_bus(), Handled()
    mended = threading.Event()
    send(bus, b"waits", b"2", b"3")

    def handle(message: Message) -> None:
        if message.value == b"waits" and not mended.is_set():
            raise StoreUnavailable("away")
        handled(message)

    with running(bus, handle, limits=LoopLimits(policy=QUICK)):
        wait_until(lambda: handled.values == [b"2", b"3"], seconds=5, state=lambda: handled.values)
        mended.set()
        wait_until(lambda: len(handled.values) == 3, seconds=5, state=lambda: handled.values)

    assert left_over(bus) == []


def test_offsets_do_not_pass_a_record_that_waits_for_its_next_try() -> None:
    bus, handled = a_bus(), Handled()
    send(bus, b"1", b"waits", b"3")

    def handle(message: Message) -> None:
        if message.value == b"waits":
            raise StoreUnavailable("away")
        handled(message)

    with running(bus, handle):
        wait_until(lambda: handled.values == [b"1", b"3"], seconds=5, state=lambda: handled.values)

    assert left_over(bus) == [b"waits", b"3"]


def test_records_of_a_partition_that_has_gone_are_left_to_its_new_owner() -> None:
    bus, begun, go, handled = a_bus(partitions=2), threading.Event(), threading.Event(), Handled()
    send(bus, b"a1", b"a2", partition=0)
    send(bus, b"b1", b"b2", partition=1)

    def slow(message: Message) -> None:
        begun.set()
        assert go.wait(5)
        handled(message)

    with running(bus, slow):
        assert begun.wait(5)
        other = bus.subscription(topic=TOPIC, group=GROUP)
        moved = [message.value for message in other.poll(5)]
        go.set()
        wait_until(lambda: len(handled.values) == 2, seconds=5, state=lambda: handled.values)
    other.close()

    assert moved == [b"b1", b"b2"]
    assert handled.values == [b"a1", b"a2"]


def test_a_broken_bus_ends_the_loop_and_is_told() -> None:
    bus = a_bus()
    send(bus, b"1")

    def handle(_message: Message) -> None:
        raise BusBroken("fenced")

    with running(bus, handle) as run:
        wait_until(lambda: run.error is not None, seconds=5)

    with pytest.raises(BusBroken, match="fenced"):
        raise run.error or AssertionError
    assert left_over(bus) == [b"1"]
