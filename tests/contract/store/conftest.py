"""The suite's store: the twin, and then Redis."""

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from app.repositories.ports import Store
from app.repositories.redis.connection import connect
from tests import servers
from tests.contract.store.subjects import RedisSubject, Subject, TwinSubject
from tests.contract.store.trial import Trial


@pytest.fixture(scope="package")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A Redis of this suite's own: its tests leave tasks behind that no scheduler should find."""
    with servers.redis_address(tmp_path_factory.mktemp("redis-of-the-suite")) as address:
        yield address


@pytest.fixture
def client(redis_address: tuple[str, int]) -> Iterator[Redis]:
    host, port = redis_address
    with connect(host, port) as client:
        yield client


@pytest.fixture
def real(client: Redis) -> Iterator[RedisSubject]:
    subject = RedisSubject(client)
    yield subject
    subject.real.close()


@pytest.fixture(params=["memory", "redis"])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "memory":
        return TwinSubject()
    real: RedisSubject = request.getfixturevalue("real")
    return real


@pytest.fixture
def store(subject: Subject) -> Store:
    return subject.store


@pytest.fixture
def a_task(store: Store) -> Callable[[int], Trial]:
    """A submitted task of so many items."""

    def make(items: int) -> Trial:
        trial = Trial(store, items=items)
        trial.submit()
        return trial

    return make
