"""Whole systems of real processes: two schedulers and three workers, as `fanfold up` starts them."""

from collections.abc import Iterator

import pytest

from fanfold import Client
from fanfold.embedded.ports import free_port, is_free
from tests.integration.systems import System

SCHEDULERS = 2
WORKERS = 3


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for the tests of a module; each leaves it whole."""
    system = System(tmp_path_factory.mktemp("system"), port=_two_free_ports())
    system.up("--schedulers", str(SCHEDULERS), "--workers", str(WORKERS), "--slots", "1")
    try:
        yield system
    finally:
        system.fanfold("down")


@pytest.fixture
def client(system: System) -> Iterator[Client]:
    """A client of both schedulers."""
    with Client(urls(system), patience_seconds=60, following_patience_seconds=120) as client:
        yield client


def urls(system: System) -> list[str]:
    return [f"http://127.0.0.1:{system.port + number}" for number in range(SCHEDULERS)]


def _two_free_ports() -> int:
    while not is_free((port := free_port()) + 1):
        pass
    return port
