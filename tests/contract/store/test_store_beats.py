"""Heartbeats, alike on the twin and on Redis."""

from uuid import uuid4

from app.models.node import Beat, Held
from app.repositories.ports import Store


def a_beat(worker: str, **fields: bool) -> Beat:
    held = (Held(task_id="t", shard_id="s", not_begun=3, oldest_seconds=1.5),)
    return Beat(worker=worker, name="n", slots=4, held=held, partitions=(1, 5), rates={"t": 2.25}, **fields)


def test_a_beat_is_read_as_it_was_sent_with_the_stores_time(store: Store) -> None:
    worker = f"n {uuid4().hex}"
    before = store.time()

    store.beat(a_beat(worker))

    found = store.beats()[worker]
    assert before <= found.at <= store.time()
    assert found.held == a_beat(worker).held
    assert (found.partitions, found.rates) == ((1, 5), {"t": 2.25})


def test_the_latest_beat_of_a_worker_counts(store: Store) -> None:
    worker = uuid4().hex
    store.beat(a_beat(worker))
    first = store.beats()[worker].at

    store.beat(a_beat(worker, draining=True))

    assert store.beats()[worker].draining
    assert store.beats()[worker].at >= first


def test_forgotten_workers_are_gone_and_the_others_stay(store: Store) -> None:
    dead, living = uuid4().hex, uuid4().hex
    store.beat(a_beat(dead))
    store.beat(a_beat(living))

    store.forget([dead, "never seen"])
    store.forget([])

    assert dead not in store.beats()
    assert living in store.beats()
    store.forget([living])
