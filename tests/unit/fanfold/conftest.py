"""A service in memory, two servers in front of it and a client that never really sleeps."""

from collections.abc import Iterator

import pytest

from fanfold import Client
from tests.scheduler_door import Door, open_door
from tests.scheduler_double import SchedulerDouble


@pytest.fixture
def service() -> SchedulerDouble:
    return SchedulerDouble()


@pytest.fixture
def door(service: SchedulerDouble) -> Iterator[Door]:
    with open_door(service) as opened:
        yield opened


@pytest.fixture
def second_door(service: SchedulerDouble) -> Iterator[Door]:
    with open_door(service) as opened:
        yield opened


@pytest.fixture
def client(door: Door) -> Iterator[Client]:
    with Client(door.url) as opened:
        yield opened
