"""Publishing and receiving, alike on the twin and on Kafka."""

import pytest

from app.errors import RecordTooLarge
from app.messaging.ports import Message
from tests.contract.bus.buses import PARTITIONS, Bus
from tests.contract.bus.receiving import drain, poll_until, receive, values


def test_records_of_one_key_come_in_the_order_they_were_sent(bus: Bus, topic: str) -> None:
    publisher = bus.publisher()
    subscription = bus.subscription(topic=topic, group="g")
    sent = [b"%d" % number for number in range(50)]

    for number, value in enumerate(sent):
        publisher.publish(topic, value, key="ab"[number % 2])

    seen = receive(subscription, 50)
    for key in (b"a", b"b"):
        of_key = [message for message in seen if message.key == key]
        assert len({message.partition for message in of_key}) == 1
        assert values(of_key) == [value for n, value in enumerate(sent) if b"ab"[n % 2 : n % 2 + 1] == key]


def test_an_explicit_partition_is_kept(bus: Bus, topic: str) -> None:
    publisher = bus.publisher()

    for partition in range(PARTITIONS):
        publisher.publish(topic, b"%d" % partition, key="same", partition=partition)

    seen = receive(bus.subscription(topic=topic, group="g"), PARTITIONS)
    assert {message.value: message.partition for message in seen} == {
        b"%d" % partition: partition for partition in range(PARTITIONS)
    }


def test_a_message_carries_all_that_was_sent(bus: Bus, topic: str) -> None:
    headers = (("kind", b"first"), ("kind", b"second"), ("nothing", None), ("raw", b"\xff\x00"))

    bus.publisher().publish(topic, b"v\x00\xff", key=b"k\xff", partition=2, headers=headers)

    assert receive(bus.subscription(topic=topic, group="g"), 1) == [
        Message(topic=topic, partition=2, offset=0, key=b"k\xff", value=b"v\x00\xff", headers=headers)
    ]


def test_key_and_value_may_be_absent(bus: Bus, topic: str) -> None:
    bus.publisher().publish(topic, None)

    (seen,) = receive(bus.subscription(topic=topic, group="g"), 1)
    assert (seen.key, seen.value, seen.headers) == (None, None, ())


def test_an_acknowledgement_is_told_with_none(bus: Bus, topic: str) -> None:
    publisher = bus.publisher()
    told: list[str | None] = []

    publisher.publish(topic, b"x", on_done=told.append)

    assert publisher.flush(10) == 0
    poll_until([], lambda: told == [None], state=lambda: told)


def test_a_partition_that_is_not_there_is_told(bus: Bus, topic: str) -> None:
    publisher = bus.publisher()
    told: list[str | None] = []

    publisher.publish(topic, b"x", partition=PARTITIONS, on_done=told.append)

    poll_until([], lambda: len(told) == 1, state=lambda: told)
    assert told[0] is not None


def test_a_callback_that_raises_does_not_stop_the_others(bus: Bus, topic: str) -> None:
    publisher = bus.publisher()
    told: list[str | None] = []

    def broken(reason: str | None) -> None:
        raise ValueError("a fault of the caller")

    publisher.publish(topic, b"1", on_done=broken)
    publisher.publish(topic, b"2", on_done=told.append)

    poll_until([], lambda: told == [None], state=lambda: told)


def test_a_record_that_is_too_large_is_refused_at_once(bus: Bus, topic: str) -> None:
    publisher = bus.publisher()

    with pytest.raises(RecordTooLarge, match=topic):
        publisher.publish(topic, bytes(1_100_000))

    publisher.publish(topic, b"small")
    assert values(receive(bus.subscription(topic=topic, group="g"), 1)) == [b"small"]


def test_a_large_record_within_the_limit_passes(bus: Bus, topic: str) -> None:
    bus.publisher().publish(topic, bytes(900_000))

    (seen,) = receive(bus.subscription(topic=topic, group="g"), 1)
    assert seen.value == bytes(900_000)


def test_a_group_that_is_new_begins_with_the_oldest_record(bus: Bus, topic: str) -> None:
    publisher = bus.publisher()
    publisher.publish(topic, b"before", partition=0)
    assert publisher.flush(10) == 0

    assert values(receive(bus.subscription(topic=topic, group="late"), 1)) == [b"before"]


def test_each_group_receives_everything(bus: Bus, topic: str) -> None:
    first, second = bus.subscription(topic=topic, group="g1"), bus.subscription(topic=topic, group="g2")

    bus.publisher().publish(topic, b"x")

    assert values(receive(first, 1)) == values(receive(second, 1)) == [b"x"]


def test_nothing_comes_while_paused_and_nothing_is_lost(bus: Bus, topic: str) -> None:
    publisher = bus.publisher()
    subscription = bus.subscription(topic=topic, group="g")
    publisher.publish(topic, b"1", partition=0)
    receive(subscription, 1)

    subscription.pause()
    subscription.pause()
    for partition in range(PARTITIONS):
        publisher.publish(topic, b"2", partition=partition)
    assert publisher.flush(10) == 0
    assert drain(subscription) == []
    assert subscription.partitions() == tuple(range(PARTITIONS))

    subscription.resume()
    subscription.resume()
    assert values(receive(subscription, PARTITIONS)) == [b"2"] * PARTITIONS


def test_parts_may_be_closed_twice(bus: Bus, topic: str) -> None:
    publisher, subscription = bus.publisher(), bus.subscription(topic=topic, group="g")

    for _ in range(2):
        publisher.close()
        subscription.close()

    assert subscription.partitions() == ()
