"""The suite's bus, the twin and then Kafka, and a topic of its own for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from tests.contract.bus.buses import PARTITIONS, Bus, RealBus, TwinBus


@pytest.fixture(params=["memory", "kafka"])
def bus(request: pytest.FixtureRequest) -> Iterator[Bus]:
    if request.param == "memory":
        yield TwinBus()
        return
    bootstrap: str = request.getfixturevalue("kafka_bootstrap")
    with ExitStack() as closing:
        yield RealBus(bootstrap, closing=closing)


@pytest.fixture
def new_name() -> Callable[[], str]:
    return lambda: f"t-{uuid4().hex[:12]}"


@pytest.fixture
def topic(bus: Bus, new_name: Callable[[], str]) -> str:
    """A topic of 4 partitions that no other test uses."""
    name = new_name()
    bus.admin().ensure({name: PARTITIONS}, timeout_seconds=20)
    return name
