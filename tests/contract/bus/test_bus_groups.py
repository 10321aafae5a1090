"""What is done and what comes again, alike on the twin and on Kafka."""

from app.messaging.ports import Message
from tests.contract.bus.buses import PARTITIONS, Bus
from tests.contract.bus.receiving import drain, poll_until, receive, values


def test_what_was_done_does_not_come_again(bus: Bus, topic: str) -> None:
    publisher = bus.publisher()
    publish_numbers(bus, topic, 3)
    first = bus.subscription(topic=topic, group="g")
    for message in receive(first, 3):
        first.done(message)
    first.close()

    publisher.publish(topic, b"new", partition=0)

    assert values(receive(bus.subscription(topic=topic, group="g"), 1)) == [b"new"]


def test_what_was_not_done_comes_again(bus: Bus, topic: str) -> None:
    publish_numbers(bus, topic, 3)
    first = bus.subscription(topic=topic, group="g")
    first.done(receive(first, 3)[0])
    first.close()

    assert values(receive(bus.subscription(topic=topic, group="g"), 2)) == [b"1", b"2"]


def test_done_out_of_order_does_not_pass_one_that_is_not_done(bus: Bus, topic: str) -> None:
    publish_numbers(bus, topic, 4)
    first = bus.subscription(topic=topic, group="g")
    messages = receive(first, 4)
    for number in (0, 2, 3):
        first.done(messages[number])
    first.close()

    assert values(receive(bus.subscription(topic=topic, group="g"), 3)) == [b"1", b"2", b"3"]


def test_done_out_of_order_counts_once_the_gap_is_closed(bus: Bus, topic: str) -> None:
    publish_numbers(bus, topic, 4)
    first = bus.subscription(topic=topic, group="g")
    messages = receive(first, 4)
    for number in (3, 1, 0, 2, 2):
        first.done(messages[number])
    first.close()
    bus.publisher().publish(topic, b"new", partition=0)

    assert values(receive(bus.subscription(topic=topic, group="g"), 1)) == [b"new"]


def test_two_members_share_the_partitions(bus: Bus, topic: str) -> None:
    members = [bus.subscription(topic=topic, group="g") for _ in range(2)]

    poll_until(
        members,
        lambda: (
            sorted(p for member in members for p in member.partitions()) == list(range(PARTITIONS))
            and {len(member.partitions()) for member in members} == {PARTITIONS // 2}
        ),
        state=lambda: [member.partitions() for member in members],
    )

    seen: list[list[Message]] = [[], []]
    publisher = bus.publisher()
    for partition in range(PARTITIONS):
        publisher.publish(topic, b"x", partition=partition)
    poll_until(members, lambda: sum(map(len, seen)) == PARTITIONS, into=seen)
    for member, messages in zip(members, seen, strict=True):
        assert {message.partition for message in messages} == set(member.partitions())


def test_a_member_that_leaves_hands_its_partitions_on(bus: Bus, topic: str) -> None:
    members = [bus.subscription(topic=topic, group="g") for _ in range(2)]
    poll_until(
        members,
        lambda: all(len(member.partitions()) == PARTITIONS // 2 for member in members),
        state=lambda: [member.partitions() for member in members],
    )

    members[0].close()

    poll_until(
        members[1:],
        lambda: members[1].partitions() == tuple(range(PARTITIONS)),
        state=members[1].partitions,
    )


def test_over_a_rebalance_only_what_is_not_done_comes_again(bus: Bus, topic: str) -> None:
    publisher = bus.publisher()
    for partition in range(PARTITIONS):
        publisher.publish(topic, b"done", partition=partition)
        publisher.publish(topic, b"not done", partition=partition)
    first = bus.subscription(topic=topic, group="g")
    for message in receive(first, 2 * PARTITIONS):
        if message.value == b"done":
            first.done(message)

    second = bus.subscription(topic=topic, group="g")
    seen: list[list[Message]] = [[], []]
    poll_until(
        [first, second],
        lambda: len(second.partitions()) == PARTITIONS // 2 and len(seen[1]) == PARTITIONS // 2,
        into=seen,
        state=lambda: (first.partitions(), second.partitions(), seen),
    )

    assert values(seen[1]) == [b"not done"] * (PARTITIONS // 2)
    assert {message.partition for message in seen[1]} == set(second.partitions())
    assert seen[0] == []


def test_done_after_a_partition_has_gone_does_no_harm(bus: Bus, topic: str) -> None:
    for partition in range(PARTITIONS):
        bus.publisher().publish(topic, b"%d" % partition, partition=partition)
    first = bus.subscription(topic=topic, group="g")
    messages = receive(first, PARTITIONS)
    second = bus.subscription(topic=topic, group="g")
    poll_until(
        [first, second],
        lambda: len(second.partitions()) == PARTITIONS // 2 == len(first.partitions()),
        state=lambda: (first.partitions(), second.partitions()),
    )

    for message in messages:
        first.done(message)
    kept = set(first.partitions())
    first.close()
    second.close()

    seen = receive(bus.subscription(topic=topic, group="g"), PARTITIONS - len(kept))
    assert {message.partition for message in seen} == set(range(PARTITIONS)) - kept


def test_a_paused_member_stays_paused_for_partitions_it_gains(bus: Bus, topic: str) -> None:
    members = [bus.subscription(topic=topic, group="g") for _ in range(2)]
    poll_until(
        members,
        lambda: all(len(member.partitions()) == PARTITIONS // 2 for member in members),
        state=lambda: [member.partitions() for member in members],
    )
    members[1].pause()
    publisher = bus.publisher()
    for partition in range(PARTITIONS):
        publisher.publish(topic, b"x", partition=partition)
    assert publisher.flush(10) == 0

    members[0].close()
    seen: list[Message] = []
    poll_until(
        members[1:],
        lambda: len(members[1].partitions()) == PARTITIONS,
        into=[seen],
        state=members[1].partitions,
    )
    assert [*seen, *drain(members[1])] == []

    members[1].resume()
    assert len(receive(members[1], PARTITIONS)) == PARTITIONS


def publish_numbers(bus: Bus, topic: str, count: int) -> None:
    publisher = bus.publisher()
    for number in range(count):
        publisher.publish(topic, b"%d" % number, partition=0)
    assert publisher.flush(10) == 0
