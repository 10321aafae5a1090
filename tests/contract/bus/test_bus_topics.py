"""Making topics, alike on the twin and on Kafka."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.contract.bus.buses import Bus
from tests.contract.bus.receiving import poll_until, receive, values


def test_topics_have_the_partitions_asked_for(bus: Bus, new_name: Callable[[], str]) -> None:
    wanted = {new_name(): 1, new_name(): 3}

    bus.admin().ensure(wanted, timeout_seconds=20)

    for topic, partitions in wanted.items():
        subscription = bus.subscription(topic=topic, group="g")
        owned = tuple(range(partitions))
        poll_until(
            [subscription],
            lambda subscription=subscription, owned=owned: subscription.partitions() == owned,  # type: ignore[misc]
            state=subscription.partitions,
        )


def test_ensuring_twice_keeps_what_is_there(bus: Bus, topic: str) -> None:
    bus.publisher().publish(topic, b"kept")

    bus.admin().ensure({topic: 8}, timeout_seconds=20)

    subscription = bus.subscription(topic=topic, group="g")
    assert values(receive(subscription, 1)) == [b"kept"]
    assert len(subscription.partitions()) == 4


def test_many_may_ensure_at_once(bus: Bus, new_name: Callable[[], str]) -> None:
    wanted = {new_name(): 2 for _ in range(5)}
    admins = [bus.admin() for _ in range(4)]

    with ThreadPoolExecutor(len(admins)) as pool:
        ended = [pool.submit(admin.ensure, wanted, timeout_seconds=20) for admin in admins]

    assert [future.result() for future in ended] == [None] * len(admins)
    publisher = bus.publisher()
    told: list[str | None] = []
    for topic in wanted:
        publisher.publish(topic, b"x", partition=1, on_done=told.append)
    poll_until([], lambda: told == [None] * 5, state=lambda: told)


def test_a_topic_made_later_is_noticed_by_those_who_wait_for_it(
    bus: Bus, new_name: Callable[[], str]
) -> None:
    topic = new_name()
    subscription = bus.subscription(topic=topic, group="g")
    assert subscription.poll(0.5) == []

    bus.admin().ensure({topic: 1}, timeout_seconds=20)
    bus.publisher().publish(topic, b"x")

    assert values(receive(subscription, 1)) == [b"x"]


def test_a_bus_that_is_there_is_reachable(bus: Bus) -> None:
    assert bus.admin().is_reachable(timeout_seconds=5)
