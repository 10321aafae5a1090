"""What only a real server has: time to live, keys of a wrong type, scripts that it forgets, waiting."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis
from redis.crc import key_slot

from app.errors import CorruptState
from app.models.node import Beat
from app.models.task import TaskState
from app.protocol.control import Action
from app.repositories import keys
from app.repositories.redis.store import RedisStore
from tests.contract.store.subjects import RETENTION_SECONDS, UPLOAD_TTL_SECONDS, RedisSubject
from tests.contract.store.trial import Trial
from tests.servers import wait_until


@pytest.fixture
def brief(client: Redis) -> Iterator[RedisStore]:
    """A store whose ended tasks go after 50 ms."""
    store = RedisStore(client, retention_seconds=0.05, upload_ttl_seconds=UPLOAD_TTL_SECONDS)
    yield store
    store.close()


def text(answer: bytes | str) -> str:
    return answer.decode() if isinstance(answer, bytes) else answer


def keys_of_task(client: Redis, task_id: str) -> set[str]:
    return {text(key) for key in client.keys(f"*{task_id}*")}


def ended_task(real: RedisSubject, *, items: int = 30) -> Trial:
    trial = Trial(real.store, items=items)
    trial.submit()
    trial.finish(failed=((3, 5),))
    return trial


def test_every_key_of_a_task_is_in_the_catalogue_and_in_one_slot(real: RedisSubject, client: Redis) -> None:
    trial = ended_task(real)
    trial.control(Action.RETRY)
    other = Trial(real.store, items=3)
    other.upload()

    found = {name: text(client.type(name)) for name in keys_of_task(client, trial.task_id)}
    catalogue = {keys.key_of(trial.task_id, kind): kind.type for kind in keys.TASK_KINDS}
    assert found.items() <= catalogue.items()
    assert len(found) >= 7
    bucket = keys.keys_of(trial.task_id, keys.BUCKET_KINDS)
    assert len({key_slot(key.encode()) for key in (*found, *bucket)}) == 1
    uploads = {keys.key_of(other.spec.upload, kind): kind.type for kind in keys.UPLOAD_KINDS}
    assert {name: text(client.type(name)) for name in keys_of_task(client, other.task_id)} == uploads
    assert len({key_slot(key.encode()) for key in (*uploads, keys.key_of(other.task_id, keys.TASK))}) == 1


def test_an_upload_lives_for_its_time_until_a_submit_takes_it_over(real: RedisSubject, client: Redis) -> None:
    trial = Trial(real.store, items=15)
    trial.upload()
    ttls = [client.ttl(name) for name in keys_of_task(client, trial.task_id)]
    assert len(ttls) == 2
    assert all(UPLOAD_TTL_SECONDS - 30 < ttl <= UPLOAD_TTL_SECONDS for ttl in ttls)

    trial.submit()

    assert {client.ttl(name) for name in keys_of_task(client, trial.task_id)} == {-1}


def test_all_keys_of_an_ended_task_expire_and_of_a_retried_one_stay(
    real: RedisSubject, client: Redis
) -> None:
    trial = ended_task(real)
    ttls = [client.ttl(name) for name in keys_of_task(client, trial.task_id)]
    assert len(ttls) >= 7
    assert all(RETENTION_SECONDS - 30 < ttl <= RETENTION_SECONDS for ttl in ttls)

    trial.control(Action.RETRY)

    assert {client.ttl(name) for name in keys_of_task(client, trial.task_id)} == {-1}
    trial.finish(failed=((3, 4),))
    assert -1 not in {client.ttl(name) for name in keys_of_task(client, trial.task_id)}


def test_an_expired_task_leaves_the_listings_and_its_id_may_be_used_again(
    brief: RedisStore, client: Redis
) -> None:
    trial = Trial(brief, items=1)
    trial.submit()
    trial.finish()
    wait_until(lambda: not keys_of_task(client, trial.task_id), seconds=5)

    assert trial.task_id not in {name for _, name in brief.recent(before=None, limit=1000)}

    again = Trial(brief, items=1, task_id=trial.task_id)
    again.submit()
    assert again.is_in(TaskState.QUEUED)
    assert trial.task_id in {name for _, name in brief.recent(before=None, limit=1000)}
    assert client.zscore(keys.key_of(trial.task_id, keys.EXPIRING), trial.task_id) is None
    again.control(Action.CANCEL)


def test_submits_clear_expired_tasks_out_of_their_buckets_listing(brief: RedisStore, client: Redis) -> None:
    gone = Trial(brief, items=1)
    gone.submit()
    gone.finish()
    wait_until(lambda: not keys_of_task(client, gone.task_id), seconds=5)
    neighbour = Trial(brief, items=1)
    while keys.bucket_of(neighbour.task_id) != keys.bucket_of(gone.task_id):
        neighbour = Trial(brief, items=1)

    neighbour.submit()

    assert client.zscore(keys.key_of(gone.task_id, keys.RECENT), gone.task_id) is None
    assert client.zscore(keys.key_of(gone.task_id, keys.RECENT), neighbour.task_id) is not None
    neighbour.control(Action.CANCEL)


@pytest.mark.parametrize("kind", [kind for kind in keys.TASK_KINDS if kind is not keys.TASK])
def test_a_key_of_a_wrong_type_stops_the_commit_before_it_wrote_anything(
    real: RedisSubject, client: Redis, kind: keys.KeyKind
) -> None:
    trial = Trial(real.store, items=5)
    trial.submit()
    shard_id, _ = trial.hold(5)
    before = client.dump(keys.key_of(trial.task_id, keys.TASK))
    key = keys.key_of(trial.task_id, kind)
    client.delete(key)
    client.xadd(key, {"not": "ours"})

    with pytest.raises(CorruptState, match=kind.name):
        trial.record(shard_id, ((0, 5),), failed=((1, 2),))

    assert client.dump(keys.key_of(trial.task_id, keys.TASK)) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("core", b'{"task_id": "'), ("core", b'{"state": "HAPPY"}'), ("core", None), ("version", None)],
)
def test_a_ledger_that_cannot_be_read_names_its_key(
    real: RedisSubject, client: Redis, field: str, value: bytes | None
) -> None:
    trial = Trial(real.store, items=5)
    trial.submit()
    key = keys.key_of(trial.task_id, keys.TASK)
    if value is None:
        client.hdel(key, field)
    else:
        client.hset(key, field, value)

    with pytest.raises(CorruptState, match=f"{trial.task_id}, field {field}"):
        real.store.load(trial.task_id)


def test_a_task_key_of_another_type_is_named(real: RedisSubject, client: Redis) -> None:
    trial = Trial(real.store, items=5)
    client.set(keys.key_of(trial.task_id, keys.TASK), "?")

    with pytest.raises(CorruptState, match=trial.task_id):
        real.store.load(trial.task_id)
    client.delete(keys.key_of(trial.task_id, keys.TASK))


def test_what_is_corrupt_does_not_stop_the_look_at_the_rest(real: RedisSubject, client: Redis) -> None:
    sound, cut_short, wrong_type = (Trial(real.store, items=2) for _ in range(3))
    sound.submit()
    cut_short.submit()
    client.hset(keys.key_of(cut_short.task_id, keys.TASK), "core", b'{"task')
    client.set(keys.key_of(wrong_type.task_id, keys.TASK), "?")
    real.store.beat(Beat(worker="sound", name="n", slots=1))
    client.hset(keys.BEATS_KEY, mapping={"timeless": b"{}", "cut short": b'17.5 {"worker'})

    found = real.store.load_many([cut_short.task_id, wrong_type.task_id, sound.task_id])
    beats = real.store.beats()

    assert list(found) == [sound.task_id]
    assert "sound" in beats
    assert not beats.keys() & {"timeless", "cut short"}
    client.delete(keys.key_of(wrong_type.task_id, keys.TASK), keys.BEATS_KEY)


def test_a_counter_that_is_no_number_stops_the_commit_before_the_ledger(
    real: RedisSubject, client: Redis
) -> None:
    trial = Trial(real.store, items=2)
    trial.submit()
    before = trial.stored.version
    counts = keys.key_of(trial.task_id, keys.COUNTS)
    client.hset(counts, "tasks_cancelled", "many")

    with pytest.raises(CorruptState, match="tasks_cancelled"):
        trial.control(Action.CANCEL)
    with pytest.raises(CorruptState, match="tasks_cancelled"):
        real.store.counts()

    assert trial.stored.version == before
    client.hdel(counts, "tasks_cancelled")
    assert trial.control(Action.CANCEL)


def test_scripts_that_the_server_forgot_are_sent_again(real: RedisSubject, client: Redis) -> None:
    trial = Trial(real.store, items=5)
    trial.submit()
    client.script_flush()

    shard_id, spans = trial.hold(5)

    assert real.store.items(trial.spec.upload, spans)
    client.script_flush()
    assert trial.record(shard_id, spans).ended


def test_whoever_waits_is_told_of_the_end_at_once(real: RedisSubject) -> None:
    trial = Trial(real.store, items=1)
    trial.submit()
    ends: list[float] = []

    def wait() -> bool:
        over = real.store.wait_ended(trial.task_id, timeout_seconds=20)
        ends.append(time.monotonic())
        return over

    with ThreadPoolExecutor(20) as pool:
        waits = [pool.submit(wait) for _ in range(20)]
        wait_until(lambda: threading.active_count() >= 21, seconds=5, state=threading.enumerate)
        trial.finish()
        finished = time.monotonic()
        assert all(wait.result() for wait in waits)

    assert max(ends) - finished < 2


def test_waiting_for_what_does_not_end_takes_its_time_and_says_so(real: RedisSubject) -> None:
    trial = Trial(real.store, items=1)
    trial.submit()
    before = time.monotonic()

    assert not real.store.wait_ended(trial.task_id, timeout_seconds=0.3)

    assert 0.3 <= time.monotonic() - before < 2
    trial.control(Action.CANCEL)


def test_waiting_takes_one_connection_however_many_wait(real: RedisSubject, client: Redis) -> None:
    trials = [Trial(real.store, items=1) for _ in range(10)]
    for trial in trials:
        trial.submit()

    with ThreadPoolExecutor(10) as pool:
        for trial in trials:
            pool.submit(real.store.wait_ended, trial.task_id, timeout_seconds=20)
        wait_until(
            lambda: client.pubsub_numsub(keys.ENDED_CHANNEL)[0][1] == 1,
            seconds=5,
            state=lambda: client.pubsub_numsub(keys.ENDED_CHANNEL),
        )
        for trial in trials:
            trial.finish()


def test_a_long_span_of_marks_is_written_whole(real: RedisSubject, client: Redis) -> None:
    trial = Trial(real.store, items=100_003)
    trial.submit()
    shard_id, _ = trial.hold(13)
    trial.record(shard_id, ((0, 13),), failed=((3, 5),))

    trial.control(Action.CANCEL)

    redo = client.bitcount(keys.key_of(trial.task_id, keys.REDO))
    assert redo == trial.ledger.failed + trial.ledger.cancelled == 2 + 99_990
