"""The API on a real Redis: long lists and long results with memory that stays flat."""

from collections.abc import Iterator

import pytest

from app.models.ranges import spans_of_indexes
from app.models.result import ItemResult, Outcome
from app.models.wire import pack_results
from app.protocol.record import Report
from app.repositories.operations import Operations
from app.repositories.redis.connection import connect
from app.repositories.redis.store import RedisStore
from app.support.ids import new_id
from tests.integration.api_server import ApiServer, api_server
from tests.servers import wait_until

WORKER = "worker/1"
MIB = 1 << 20


@pytest.fixture
def server(redis_address: tuple[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    host, port = redis_address
    with api_server(
        tmp_path_factory.mktemp("api"),
        f"--spring.redis.host={host}",
        f"--spring.redis.port={port}",
        "--fanfold.http.threads=6",
        "--fanfold.http.waiters=1",
    ) as running:
        yield running


@pytest.fixture
def store(redis_address: tuple[str, int]) -> Iterator[RedisStore]:
    client = connect(*redis_address)
    store = RedisStore(client, retention_seconds=600, upload_ttl_seconds=600)
    yield store
    store.close()
    client.close()


def lines_of(count: int, *, size: int) -> Iterator[bytes]:
    yield b'{"templateFunction": "true", "itemsTotal": %d}\n' % count
    for number in range(count):
        yield b'"%0*d"\n' % (size, number)


def test_a_list_of_any_length_is_stored_while_it_comes(server: ApiServer, store: RedisStore) -> None:
    count, size = 200_000, 400
    server.http.post(
        "/schedule", content=b"".join(lines_of(10, size=9)), headers={"content-type": "application/x-ndjson"}
    )
    before = server.resident_bytes()

    answer = server.http.post(
        "/schedule", content=lines_of(count, size=size), headers={"content-type": "application/x-ndjson"}
    )

    assert answer.status_code == 202, answer.text
    assert answer.json()["itemsTotal"] == count
    grown = server.peak_bytes() - before
    assert grown < 40 * MIB, f"{count * size >> 20} MiB were sent, memory grew by {grown >> 20} MiB"
    spec = store.spec(answer.json()["taskId"])
    assert spec is not None
    spans = ((0, 1), (123_456, 123_457), (count - 1, count))
    assert [int(item) for item in store.items(spec.upload, spans)] == [0, 123_456, count - 1]


def work(store: RedisStore, task_id: str, *, count: int, output: bytes) -> None:
    """Runs a task of `count` items, a thousand a shard, each with this output and its index."""
    operations = Operations(store)
    for first in range(0, count, 1_000):
        shard_id = new_id()
        assert operations.plan(
            task_id, shard_id=shard_id, worker=WORKER, count=1_000, most=9, function="true"
        )
        operations.claim(task_id, shard_id, worker=WORKER, holds_nothing=True)
        results = [
            ItemResult(index=index, outcome=Outcome.OK, exit_code=0, stdout=b"%d %s" % (index, output))
            for index in range(first, first + 1_000)
        ]
        done = spans_of_indexes(result.index for result in results)
        report = Report(done=done, block_id=new_id(), block=pack_results(results))
        assert operations.record(task_id, shard_id, worker=WORKER, report=report).known


def submitted(server: ApiServer, count: int) -> str:
    task_id: str = server.create({"range": [0, count]})["taskId"]

    def is_published() -> bool:
        return bool(server.http.get(f"/schedule/{task_id}").json()["status"] == "SUBMITTED")

    wait_until(is_published, seconds=10)
    return task_id


def test_results_of_any_length_are_sent_while_they_are_read(server: ApiServer, store: RedisStore) -> None:
    count = 60_000
    task_id = submitted(server, count)
    work(store, task_id, count=count, output=b"x" * 1_000)
    assert len(server.http.get(f"/schedule/{task_id}/results?limit=2000").text.splitlines()) == 2_000
    before = server.resident_bytes()

    received, indexes = 0, 0
    with server.http.stream("GET", f"/schedule/{task_id}/results") as answer:
        for line in answer.iter_lines():
            received += len(line)
            assert line.startswith(f'{{"index":{indexes},"item":"{indexes}",')
            indexes += 1

    assert indexes == count
    grown = server.peak_bytes() - before
    assert grown < 40 * MIB, f"{received >> 20} MiB were read, memory grew by {grown >> 20} MiB"


def test_a_reader_that_leaves_gives_its_place_back(server: ApiServer, store: RedisStore) -> None:
    task_id = submitted(server, 20_000)
    work(store, task_id, count=20_000, output=b"x" * 1_000)
    path = f"/schedule/{task_id}/results"
    with server.http.stream("GET", path) as held:
        assert held.status_code == 200
        pieces = held.iter_bytes()
        assert next(pieces)
        with server.http.stream("GET", path) as second:
            assert second.status_code == 503

    def is_served() -> bool:
        with server.http.stream("GET", path + "?limit=1") as third:
            return bool(third.status_code == 200)

    wait_until(is_served, seconds=10)
