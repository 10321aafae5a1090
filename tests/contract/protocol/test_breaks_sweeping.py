"""Breaks 2, 9, 11, 12 and 13 of the protocol, by a fake clock: what a sweeper sees and when it acts."""

import pytest

from app.errors import StoreUnavailable
from app.models.node import Beat
from app.models.wire import ShardRecord
from tests.lossy_store import LossyStore
from tests.stage import Stage, StagedWorker


@pytest.fixture
def stage() -> Stage:
    return Stage()


def holding(stage: Stage, worker: StagedWorker, *, items: int = 8) -> tuple[str, str]:
    """A task whose shard this worker has claimed."""
    task_id = stage.task(items)
    shard_id = stage.shard(task_id, items, worker=worker.name)
    worker.claim(task_id, shard_id)
    return task_id, shard_id


def seconds(stage: Stage, count: float, *, beating: tuple[StagedWorker, ...] = ()) -> None:
    """So many seconds of sweeps once a second, and of beats."""
    until = stage.clock.monotonic() + count
    while stage.clock.monotonic() < until:
        for worker in beating:
            worker.node.beat()
        stage.sweeper.sweep()
        stage.clock.advance(1.0)


def test_a_shard_claimed_late_is_not_revoked_before_its_holder_has_beaten(stage: Stage) -> None:
    """Break 2: the hint needs 4 s, W claims, and before its next beat a sweeper finds S unnamed for 4 s."""
    worker = stage.worker("w")
    worker.node.beat()
    task_id = stage.task(8)
    shard_id = stage.shard(task_id, 8, worker="w")
    seconds(stage, 5, beating=(worker,))

    worker.claim(task_id, shard_id)
    stage.sweeper.sweep()
    stage.clock.advance(0.9)
    stage.sweeper.sweep()

    assert list(stage.ledger(task_id).shards[shard_id].holders) == ["w"]


def test_a_claim_repeated_after_a_lost_reply_is_not_revoked_at_once(stage: Stage) -> None:
    """Break 2: "also a repeated claim": its first reply was lost, so that no beat named it for 4 s."""
    worker = stage.worker("w")
    worker.node.beat()
    task_id = stage.task(8)
    shard_id = stage.shard(task_id, 8, worker="w")
    worker.link.lose_reply("commit")
    with pytest.raises(StoreUnavailable):
        worker.claim(task_id, shard_id)
    for _ in range(4):
        stage.sweeper.sweep()
        stage.clock.advance(1.0)
        worker.node.beat()

    assert worker.node.claim_next()
    stage.clock.advance(0.5)
    stage.sweeper.sweep()

    assert list(stage.ledger(task_id).shards[shard_id].holders) == ["w"]
    assert worker.finish() == list(range(8))


@pytest.mark.parametrize("delay", [5, 7, 12])
def test_slow_kafka_makes_things_slow_never_stuck(stage: Stage, delay: int) -> None:
    """Break 9: with a steady delay of 7 s nothing ever ran, and 200 shards were planned a run."""
    workers = {name: stage.worker(name, slots=2) for name in ("a", "b")}
    for worker in workers.values():
        worker.node.beat()
    task_id = stage.task(40)
    on_the_way: list[tuple[float, str]] = []
    while not stage.ledger(task_id).state.is_terminal:
        assert stage.clock.monotonic() < 20 * delay, stage.ledger(task_id)
        for worker in workers.values():
            worker.node.beat()
        stage.sweeper.sweep()
        now = stage.clock.monotonic()
        on_the_way += [(now + delay, record.shard_id) for record in stage.new_hints()]
        for at, shard_id in [hint for hint in on_the_way if hint[0] <= now]:
            on_the_way.remove((at, shard_id))
            workers["ab"[len(on_the_way) % 2]].claim(task_id, shard_id)
        for worker in workers.values():
            worker.finish()
        stage.clock.advance(1.0)

    counts = stage.store.counts()
    assert counts.get("revokes", 0) == 0
    assert counts["shards_planned"] == stage.ledger(task_id).executed


def test_an_unclaimed_shard_is_offered_again_to_another_worker_after_4_s_and_then_every_8_s(
    stage: Stage,
) -> None:
    """Break 9: "offered again under its id, to another worker if there is one"."""
    a, b = stage.worker("a"), stage.worker("b")
    a.node.beat()
    task_id = stage.task(8)
    shard_id = stage.shard(task_id, 8, worker="a")
    offers: dict[int, tuple[int, str]] = {}
    for second in range(30):
        a.node.beat()
        b.node.beat()
        stage.sweeper.sweep()
        shard = stage.ledger(task_id).shards[shard_id]
        offers.setdefault(shard.offers, (second, shard.worker))
        stage.clock.advance(1.0)

    assert offers == {1: (0, "a"), 2: (4, "b"), 3: (12, "a"), 4: (20, "b"), 5: (28, "a")}


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.75, 0.99])
def test_a_dead_workers_shard_is_taken_back_between_4_and_6_s_after_its_last_beat(
    stage: Stage, phase: float
) -> None:
    """Break 11: beat valid for 4 s plus unnamed for 4 s made 8.9 s; counted from the last beat it is 6 s."""
    worker = stage.worker("w")
    task_id, shard_id = holding(stage, worker)
    seconds(stage, 3, beating=(worker,))
    worker.node.beat()
    died_at = stage.clock.monotonic()
    stage.clock.advance(phase)

    while shard_id in stage.ledger(task_id).shards:
        stage.sweeper.sweep()
        stage.clock.advance(1.0)
        assert stage.clock.monotonic() - died_at < 7, "never revoked"

    revoked_after = stage.clock.monotonic() - 1.0 - died_at
    assert 4.0 < revoked_after <= 6.0
    assert stage.store.counts()["deaths"] == 1


def test_a_stray_record_keeps_no_dead_workers_shard_alive(stage: Stage) -> None:
    """Break 12: B has a doubled record of S queued behind a long item, and A, who holds S, dies."""
    a, b = stage.worker("a"), stage.worker("b", slots=1)
    own_task, _ = holding(stage, b, items=2)
    b.slots.begin()
    task_id, shard_id = holding(stage, a)
    a.node.beat()
    for hint in [shard_id] * 2:
        b.claim(task_id, hint)

    seconds(stage, 7, beating=(b,))

    named = {held.shard_id for held in stage.store.beats()["b"].held}
    assert shard_id not in named
    assert shard_id not in stage.ledger(task_id).shards
    assert len(stage.ledger(own_task).shards) == 1


def test_a_beat_names_claimed_shards_only(stage: Stage) -> None:
    """Break 12: "the beat names only shards the worker has claimed"."""
    worker = stage.worker("w")
    task_id, shard_id = holding(stage, worker, items=4)
    other = stage.task(4)
    waiting = stage.shard(other, 4, worker="w")
    worker.node.hint(ShardRecord(task_id=other, shard_id=waiting))

    worker.node.beat()

    assert [(held.task_id, held.shard_id) for held in stage.store.beats()["w"].held] == [(task_id, shard_id)]


def test_a_sweeper_that_could_not_look_for_a_while_starts_all_clocks_anew(stage: Stage) -> None:
    """Break 13: Redis is away for 10 s, for workers and sweepers alike: nobody is revoked when it is back."""
    worker = stage.worker("w")
    link = LossyStore(stage.store)
    sweeper = stage.new_sweeper(store=link.as_store)
    task_id, shard_id = holding(stage, worker)
    for second in range(20):
        link.is_away = worker.link.is_away = 5 <= second < 15
        if not link.is_away and second != 15:
            worker.node.beat()
            sweeper.sweep()
        elif link.is_away:
            with pytest.raises(StoreUnavailable):
                sweeper.sweep()
        else:
            sweeper.sweep()
        stage.clock.advance(1.0)

    assert list(stage.ledger(task_id).shards) == [shard_id]
    assert stage.store.counts().get("revokes", 0) == 0


@pytest.mark.parametrize("method", ["beats", "outstanding", "load_many"])
def test_a_look_that_was_cut_short_is_no_look(stage: Stage, method: str) -> None:
    """Break 13: "sight breaks when two complete looks are more than 2.5 s apart", failed reads included."""
    worker = stage.worker("w")
    link = LossyStore(stage.store)
    sweeper = stage.new_sweeper(store=link.as_store)
    task_id, shard_id = holding(stage, worker)
    worker.node.beat()
    sweeper.sweep()
    for _ in range(6):
        stage.clock.advance(1.0)
        link.lose_reply(method)
        with pytest.raises(StoreUnavailable):
            sweeper.sweep()

    sweeper.sweep()
    kept = list(stage.ledger(task_id).shards)
    for _ in range(5):
        stage.clock.advance(1.0)
        sweeper.sweep()

    assert kept == [shard_id]
    assert shard_id not in stage.ledger(task_id).shards


def test_a_new_sweeper_waits_until_it_has_seen_enough_itself(stage: Stage) -> None:
    """Break 13: a new process knows nothing of what was named before."""
    worker = stage.worker("w")
    task_id, shard_id = holding(stage, worker)
    worker.node.beat()
    stage.clock.advance(60)
    sweeper = stage.new_sweeper()
    gone_after = None
    for second in range(8):
        sweeper.sweep()
        if gone_after is None and shard_id not in stage.ledger(task_id).shards:
            gone_after = second
        stage.clock.advance(1.0)

    assert gone_after == 5


@pytest.mark.parametrize("jump", [-3600.0, -30.0, 30.0, 3600.0])
def test_a_jump_of_the_stores_clock_revokes_nobody_that_beats(stage: Stage, jump: float) -> None:
    """Break 13: time is Redis's, and may be set, or rolled back with it."""
    worker = stage.worker("w")
    task_id, shard_id = holding(stage, worker)
    seconds(stage, 5, beating=(worker,))

    stage.clock_offset += jump
    stage.sweeper.sweep()
    stage.clock.advance(0.5)
    seconds(stage, 10, beating=(worker,))

    assert list(stage.ledger(task_id).shards) == [shard_id]


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_jump_of_the_stores_clock_hides_no_death_for_long(stage: Stage, jump: float) -> None:
    """Break 13: the last beat and claim of the dead lie in the future then."""
    worker = stage.worker("w")
    task_id, shard_id = holding(stage, worker)
    seconds(stage, 3, beating=(worker,))
    stage.clock_offset += jump

    seconds(stage, 7)

    assert shard_id not in stage.ledger(task_id).shards
    assert stage.store.counts()["deaths"] == 1


def test_a_rollback_that_takes_the_beats_with_it_revokes_nobody(stage: Stage) -> None:
    """Break 13: "rollback of the beats"; the worker beats again within a second."""
    worker = stage.worker("w")
    task_id, shard_id = holding(stage, worker)
    stage.store.beat(Beat(worker="w", name="w", slots=2))
    before = stage.store.snapshot()
    seconds(stage, 4, beating=(worker,))
    stage.store.restore(before)

    seconds(stage, 1)
    worker.finish()

    assert stage.store.counts().get("revokes", 0) == 0
    assert stage.ledger(task_id).succeeded == 8
    assert shard_id not in stage.ledger(task_id).shards
