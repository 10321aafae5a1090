"""A consumer loop on a bus in memory, run in a thread as long as a test needs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.consumers.handling import Handle, LoopLimits
from app.consumers.loop import ConsumerLoop
from app.messaging.dead_letters import DeadLetters
from app.messaging.memory import MemoryBus
from app.messaging.ports import Message, Subscription
from app.support.retry import RetryPolicy

TOPIC, DEAD, GROUP = "work", "dead", "workers"
QUICK = RetryPolicy(limit=3, first_seconds=0.001, most_seconds=0.01)


def a_bus(*, partitions: int = 1, dead: bool = True) -> MemoryBus:
    bus = MemoryBus()
    bus.admin().ensure({TOPIC: partitions, **({DEAD: 1} if dead else {})}, timeout_seconds=1)
    return bus


def send(bus: MemoryBus, *values: bytes, partition: int = 0) -> None:
    for value in values:
        bus.publisher().publish(TOPIC, value, key="key", partition=partition, headers=[("kind", b"test")])


def dead_values(bus: MemoryBus) -> list[bytes | None]:
    return [letter.value for letter in bus.records(DEAD)]


def left_over(bus: MemoryBus) -> list[bytes | None]:
    """What the next member of the group would receive."""
    member = bus.subscription(topic=TOPIC, group=GROUP)
    values = [message.value for message in member.poll(0)]
    member.close()
    return values


@dataclass
class Handled:
    """A handler that keeps the values of what it is given, as it is given them."""

    values: list[bytes | None] = field(default_factory=list)

    def __call__(self, message: Message) -> None:
        self.values.append(message.value)


@dataclass
class Run:
    """How a loop in its thread has ended."""

    stop: threading.Event
    error: Exception | None = None


@contextmanager
def running(
    bus: MemoryBus,
    handle: Handle,
    *,
    limits: LoopLimits | None = None,
    subscription: Subscription | None = None,
) -> Iterator[Run]:
    """The loop runs inside the block, and has ended after it."""
    publisher = bus.publisher()
    loop = ConsumerLoop(
        subscription or bus.subscription(topic=TOPIC, group=GROUP),
        handle=handle,
        dead_letters=DeadLetters(publisher, topic=DEAD),
        group=GROUP,
        limits=limits or LoopLimits(policy=QUICK),
    )
    run = Run(stop=threading.Event())

    def life() -> None:
        try:
            loop.run(run.stop)
        except Exception as error:  # noqa: BLE001 - shown to the test
            run.error = error

    thread = threading.Thread(target=life)
    thread.start()
    try:
        yield run
    finally:
        run.stop.set()
        thread.join(20)
        assert not thread.is_alive(), "the loop did not stop"
