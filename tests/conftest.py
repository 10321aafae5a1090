"""What all tests may ask for: one Kafka and one Redis for the whole session, real ones."""

import signal
from collections.abc import Iterator

import pytest

from tests import servers


def pytest_configure() -> None:
    """Who starts the suite in the background may have it ignore signals that what it starts must hear."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(scope="session")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Host and port of a Redis that is empty at the start of the session and shared by all its tests."""
    with servers.redis_address(tmp_path_factory.mktemp("redis")) as address:
        yield address


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap servers of a Kafka shared by all tests of the session: name your topics apart."""
    with servers.kafka_bootstrap(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap
