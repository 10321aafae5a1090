"""The command line in front of a service in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.scheduler_door import Door, open_door
from tests.scheduler_double import SchedulerDouble


@pytest.fixture
def service() -> SchedulerDouble:
    return SchedulerDouble()


@pytest.fixture
def door(service: SchedulerDouble) -> Iterator[Door]:
    with open_door(service) as opened:
        yield opened


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture
def fanfold(door: Door, bytecode: Path) -> CommandLine:
    return CommandLine(url=door.url, bytecode=bytecode)
