"""A broker that is killed and comes back on the same port, on the twin and on a Kafka of its own."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.errors import BusUnavailable
from app.messaging.memory import MemoryBus
from app.messaging.ports import NO_ANSWER, Message
from tests.contract.bus.buses import Bus, RealBus, TwinBus
from tests.contract.bus.receiving import drain, poll_until, receive, values
from tests.servers import kafka_server


@dataclass(frozen=True, kw_only=True)
class Breakable:
    """A bus with the ways to take its broker away and bring it back."""

    bus: Bus
    kill: Callable[[], None]
    start: Callable[[], None]


@pytest.fixture(params=["memory", "kafka"])
def breakable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Breakable]:
    if request.param == "memory":
        memory = MemoryBus()
        yield Breakable(bus=TwinBus(memory), kill=memory.interrupt, start=memory.recover)
        return
    with kafka_server(tmp_path) as (server, bootstrap), ExitStack() as closing:
        yield Breakable(bus=RealBus(bootstrap, closing=closing), kill=server.kill, start=server.start)


def test_all_goes_on_by_itself_after_the_broker_was_killed(
    breakable: Breakable, new_name: Callable[[], str]
) -> None:
    bus, topic = breakable.bus, new_name()
    admin, publisher = bus.admin(), bus.publisher()
    admin.ensure({topic: 4}, timeout_seconds=20)
    subscription = bus.subscription(topic=topic, group="g")
    publisher.publish(topic, b"before", partition=0)
    (before,) = receive(subscription, 1)
    subscription.done(before)

    breakable.kill()
    told: list[str | None] = []
    publisher.publish(topic, b"meanwhile", partition=1, on_done=told.append)
    assert drain(subscription) == []
    assert not admin.is_reachable(timeout_seconds=0.5)
    with pytest.raises(BusUnavailable):
        admin.ensure({topic: 4}, timeout_seconds=0.5)
    assert told == []
    breakable.start()

    seen: list[Message] = []
    poll_until([subscription], lambda: b"meanwhile" in values(seen), into=[seen])
    assert told == [None]
    publisher.publish(topic, b"after", partition=2)
    poll_until([subscription], lambda: b"after" in values(seen), into=[seen])
    assert admin.is_reachable(timeout_seconds=10)


def test_parts_can_be_closed_without_a_broker(breakable: Breakable, new_name: Callable[[], str]) -> None:
    topic = new_name()
    breakable.bus.admin().ensure({topic: 1}, timeout_seconds=20)
    publisher = breakable.bus.publisher()
    publisher.publish(topic, b"x")
    subscription = breakable.bus.subscription(topic=topic, group="g")
    (message,) = receive(subscription, 1)
    breakable.kill()
    told: list[str | None] = []
    publisher.publish(topic, b"never sent", on_done=told.append)
    subscription.done(message)
    begun = time.monotonic()

    publisher.close(timeout_seconds=0.2)
    subscription.close()

    assert time.monotonic() - begun < 5
    assert told == [NO_ANSWER]
    assert subscription.partitions() == ()
    with pytest.raises(BusUnavailable, match="closed"):
        publisher.publish(topic, b"y")
