"""What the store says and keeps when Redis is away, stalled, full, refusing or restarted."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from redis import Redis

from app.errors import StoreUnavailable
from app.models.task import TaskState
from app.protocol.decision import NO_EFFECTS
from app.repositories.redis.connection import connect
from app.repositories.redis.store import RedisStore
from tests.contract.store.trial import Trial
from tests.servers import Server, valkey_server, wait_until

TIMEOUT_SECONDS = 0.5
Address = tuple[str, int]


@pytest.fixture(scope="module")
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Address]]:
    """A server of this module's own, to be hurt."""
    with valkey_server(tmp_path_factory.mktemp("frail")) as (server, address):
        yield server, address


@pytest.fixture
def server(frail: tuple[Server, Address]) -> Server:
    return frail[0]


@pytest.fixture
def admin(frail: tuple[Server, Address]) -> Iterator[Redis]:
    with connect(*frail[1]) as client:
        yield client


@pytest.fixture
def store(frail: tuple[Server, Address]) -> Iterator[RedisStore]:
    with connect(*frail[1], timeout_seconds=TIMEOUT_SECONDS) as client:
        store = RedisStore(client, retention_seconds=3600, upload_ttl_seconds=600)
        yield store
        store.close()


@pytest.fixture
def trial(store: RedisStore) -> Trial:
    trial = Trial(store, items=10)
    trial.submit()
    return trial


@contextmanager
def configured(admin: Redis, name: str, value: str) -> Iterator[None]:
    before = admin.config_get(name)[name] or ""
    admin.config_set(name, value)
    try:
        yield
    finally:
        admin.config_set(name, before)


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_a_server_that_is_away_is_named_and_found_again(server: Server, trial: Trial) -> None:
    server.kill()
    try:
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            trial.store.load(trial.task_id)
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            trial.store.time()
    finally:
        server.start()

    assert trial.is_in(TaskState.QUEUED)


def test_what_was_answered_survives_a_kill(server: Server, trial: Trial) -> None:
    shard_id, spans = trial.hold(10)
    trial.record(shard_id, ((0, 4),))
    before = trial.ledger

    server.kill()
    server.start()

    assert trial.ledger == before
    assert trial.store.items(trial.spec.upload, spans) == [f"item-{i}" for i in range(10)]
    assert trial.record(shard_id, ((0, 10),), repeated=True).accepted == 6


def test_a_restart_between_two_calls_is_not_noticed(server: Server, trial: Trial) -> None:
    server.stop()
    server.start()

    assert trial.hold(10)


def test_a_commit_whose_answer_was_lost_is_unavailable_and_may_be_repeated(
    server: Server, trial: Trial
) -> None:
    shard_id, _ = trial.hold(10)
    read = trial.stored
    after = read.ledger.evolve(reason="late")
    with stopped(server), pytest.raises(StoreUnavailable, match="did not answer in time"):
        trial.store.commit(read, after, effects=NO_EFFECTS, task_id=trial.task_id)

    wait_until(lambda: trial.ledger.reason == "late", seconds=5, state=lambda: trial.ledger)
    assert trial.record(shard_id, ((0, 10),)).ended


def test_an_answer_that_came_too_late_is_not_taken_for_another(server: Server, trial: Trial) -> None:
    with stopped(server):
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                trial.store.function(trial.task_id)

    for _ in range(20):
        assert trial.stored.ledger.task_id == trial.task_id
        assert trial.store.spec(trial.task_id) == trial.spec


def test_a_dropped_idle_connection_is_not_noticed(admin: Redis, trial: Trial) -> None:
    admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")  # type: ignore[no-untyped-call]

    assert trial.hold(5)

    admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")  # type: ignore[no-untyped-call]
    assert trial.stored


def test_a_full_server_refuses_the_whole_commit_with_the_reason(admin: Redis, trial: Trial) -> None:
    shard_id, _ = trial.hold(10)
    before = trial.stored
    with configured(admin, "maxmemory", "1"):
        with pytest.raises(StoreUnavailable, match="full"):
            trial.record(shard_id, ((0, 10),))
        with pytest.raises(StoreUnavailable, match="full"):
            trial.upload()
        assert trial.stored.version == before.version
        assert trial.stored.ledger == before.ledger

    assert trial.record(shard_id, ((0, 10),)).ended


def test_a_server_without_its_replicas_refuses_with_the_reason(admin: Redis, trial: Trial) -> None:
    with configured(admin, "min-replicas-to-write", "1"), pytest.raises(StoreUnavailable, match="replicas"):
        trial.hold(1)

    assert trial.hold(1)


def test_a_replica_refuses_with_the_reason_and_answers_reads(admin: Redis, trial: Trial) -> None:
    admin.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(StoreUnavailable, match="read-only replica"):
            trial.hold(1)
        assert trial.is_in(TaskState.QUEUED)
    finally:
        admin.replicaof("NO", "ONE")


def test_a_wrong_password_is_named(admin: Redis, frail: tuple[Server, Address]) -> None:
    host, port = frail[1]
    with configured(admin, "requirepass", "right"):
        for password, reason in ((None, "password"), ("wrong", "password")):
            with connect(host, port, password=password) as client:
                store = RedisStore(client, retention_seconds=1, upload_ttl_seconds=1)
                with pytest.raises(StoreUnavailable, match=reason):
                    store.time()
        with connect(host, port, password="right") as client:
            assert RedisStore(client, retention_seconds=1, upload_ttl_seconds=1).time() > 0


def test_a_user_without_rights_is_named(admin: Redis, trial: Trial) -> None:
    admin.execute_command("ACL", "SETUSER", "default", "-hgetall")  # type: ignore[no-untyped-call]
    try:
        with pytest.raises(StoreUnavailable, match="refuses this user"):
            trial.store.load(trial.task_id)
    finally:
        admin.execute_command("ACL", "SETUSER", "default", "+@all")  # type: ignore[no-untyped-call]


def test_more_calls_than_connections_wait_and_then_say_so(
    server: Server, frail: tuple[Server, Address]
) -> None:
    host, port = frail[1]
    with connect(host, port, timeout_seconds=1.0, max_connections=1) as client:
        store = RedisStore(client, retention_seconds=1, upload_ttl_seconds=1)
        with ThreadPoolExecutor(4) as pool:
            assert len({wait.result() for wait in [pool.submit(store.time) for _ in range(40)]}) == 40
        with stopped(server), ThreadPoolExecutor(4) as pool:
            calls = [pool.submit(reason_of, store.time) for _ in range(4)]
            reasons = [call.result() for call in calls]

    assert any("did not answer in time" in reason for reason in reasons)
    assert any("connections" in reason for reason in reasons)


def test_whoever_waits_sees_the_end_although_the_server_restarted(
    server: Server, admin: Redis, trial: Trial
) -> None:
    with ThreadPoolExecutor(1) as pool:
        wait = pool.submit(trial.store.wait_ended, trial.task_id, timeout_seconds=20)
        wait_until(lambda: subscribers(admin) == 1, seconds=5, state=lambda: subscribers(admin))
        server.kill()
        server.start()
        wait_until(lambda: subscribers(admin) == 1, seconds=5, state=lambda: subscribers(admin))
        trial.finish()

        assert wait.result(timeout=5)


def subscribers(admin: Redis) -> object:
    return admin.pubsub_numsub("ff:ended")[0][1]


def reason_of(call: Callable[[], object]) -> str:
    try:
        call()
    except StoreUnavailable as error:
        return str(error)
    return ""
