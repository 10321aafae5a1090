"""What a commit keeps in step with the ledger, alike on the twin and on Redis."""

from collections.abc import Callable
from uuid import uuid4

from app.models.ranges import spans_of_indexes
from app.protocol.control import Action
from app.protocol.decision import NO_EFFECTS
from app.repositories.ports import Store
from tests.contract.store.trial import Trial
from tests.servers import wait_until

Make = Callable[[int], Trial]
ALL = 1_000_000


def shards_out(trial: Trial) -> set[str]:
    return {shard for task_id, shard in trial.store.outstanding() if task_id == trial.task_id}


def in_outbox(trial: Trial) -> bool:
    """Whether it is due within the first sweep's two seconds."""
    return trial.task_id in dict(trial.store.due(limit=ALL))


def counted(trial: Trial, before: dict[str, int]) -> dict[str, int]:
    now = trial.store.counts()
    return {name: now[name] - before.get(name, 0) for name in now if now[name] != before.get(name, 0)}


def test_a_task_is_unfinished_until_it_ends_and_again_after_a_retry(a_task: Make, store: Store) -> None:
    trial = a_task(3)
    assert trial.task_id in store.unfinished()

    trial.finish(failed=((0, 1),))
    assert trial.task_id not in store.unfinished()

    trial.control(Action.RETRY)
    assert trial.task_id in store.unfinished()


def test_shards_are_outstanding_from_plan_to_the_last_record(a_task: Make) -> None:
    trial = a_task(20)
    first, _ = trial.hold(10)
    planned = trial.plan(10)
    assert planned is not None
    assert shards_out(trial) == {first, planned[0]}

    trial.record(first, ((0, 5),))
    assert shards_out(trial) == {first, planned[0]}
    trial.record(first, ((5, 10),))
    assert shards_out(trial) == {planned[0]}

    trial.control(Action.CANCEL)
    assert shards_out(trial) == set()


def test_a_revoked_shard_is_not_outstanding(a_task: Make) -> None:
    trial = a_task(20)
    shard_id, _ = trial.hold(10)

    trial.revoke(shard_id)

    assert shards_out(trial) == set()


def test_the_outbox_offers_a_task_after_two_seconds_and_to_one_taker(a_task: Make, store: Store) -> None:
    trial = a_task(1)
    assert not in_outbox(trial)
    assert store.take(trial.task_id, seconds=60) is None

    wait_until(lambda: in_outbox(trial), seconds=5, state=lambda: store.due(limit=ALL))

    assert dict(store.due(limit=ALL))[trial.task_id] == 0
    assert store.take(trial.task_id, seconds=0.1) == 1
    assert store.take(trial.task_id, seconds=60) is None
    wait_until(lambda: in_outbox(trial), seconds=5, state=lambda: store.due(limit=ALL))
    assert dict(store.due(limit=ALL))[trial.task_id] == 1
    assert store.take(trial.task_id, seconds=60) == 2
    assert not in_outbox(trial)


def test_what_leaves_the_outbox_cannot_be_taken(a_task: Make, store: Store) -> None:
    published, cancelled, given_up = a_task(1), a_task(1), a_task(1)
    left = [published, cancelled, given_up]
    wait_until(lambda: all(in_outbox(trial) for trial in left), seconds=5)

    published.operations.published(published.task_id, run=1)
    cancelled.control(Action.CANCEL)
    given_up.operations.publish_failed(given_up.task_id, run=1, attempt=10, limit=10, reason="no")

    assert not any(in_outbox(trial) for trial in left)
    assert [store.take(trial.task_id, seconds=1) for trial in left] == [None, None, None]


def test_a_retry_enters_the_outbox_with_no_tries(a_task: Make, store: Store) -> None:
    trial = a_task(1)
    wait_until(lambda: in_outbox(trial), seconds=5)
    store.take(trial.task_id, seconds=60)
    trial.operations.publish_failed(trial.task_id, run=1, attempt=1, limit=1, reason="no")

    trial.control(Action.RETRY)

    wait_until(lambda: in_outbox(trial), seconds=5)
    assert store.take(trial.task_id, seconds=60) == 1


def test_listings_page_from_new_to_old_without_gap_or_double(a_task: Make, store: Store) -> None:
    trials = [a_task(1) for _ in range(7)]
    mine = {trial.task_id for trial in trials}
    newest_first = [
        (trial.ledger.created_at, trial.task_id)
        for trial in sorted(trials, key=lambda t: (t.ledger.created_at, t.task_id), reverse=True)
    ]

    pages = [store.recent(before=None, limit=3)]
    while pages[-1]:
        pages.append(store.recent(before=pages[-1][-1], limit=3))

    found = [entry for page in pages for entry in page]
    assert found == sorted(found, reverse=True)
    assert [entry for entry in found if entry[1] in mine] == newest_first


def test_tasks_of_one_moment_are_all_paged(store: Store) -> None:
    trials = [Trial(store, items=1) for _ in range(9)]
    moment = uuid4().int % 1_000_000_000 + 0.5
    for trial in trials:
        trial.submit()
        stored = trial.stored
        ledger = stored.ledger.evolve(created_at=moment, task_id=f"{trial.task_id}-twin")
        store.commit(None, ledger, effects=NO_EFFECTS, task_id=ledger.task_id)

    page = store.recent(before=(moment, "~"), limit=4)
    rest = store.recent(before=page[-1], limit=100)

    wanted = sorted(((moment, f"{trial.task_id}-twin") for trial in trials), reverse=True)
    assert [entry for entry in page + rest if entry[0] == moment] == wanted
    assert len(page) == 4


def test_operators_counters_follow_the_operations(a_task: Make, store: Store) -> None:
    before = dict(store.counts())
    trial = a_task(10)
    shard_id, _ = trial.hold(10)
    trial.record(shard_id, ((0, 6),), failed=((1, 3),))
    trial.record(shard_id, ((0, 10),))
    trial.record(shard_id, ((0, 10),))

    assert counted(trial, before) == {
        "tasks_submitted": 1,
        "items_submitted": 10,
        "shards_planned": 1,
        "items_succeeded": 8,
        "items_failed": 2,
        "results_refused": 16,
        "tasks_failed": 1,
    }


def test_counting_outside_a_commit_adds(a_task: Make, store: Store) -> None:
    before = dict(store.counts())
    store.count({"rollbacks": 2})
    store.count({"rollbacks": 1, "others": 5})
    store.count({})

    assert counted(a_task(1), before) | {"tasks_submitted": 1, "items_submitted": 1} == {
        "rollbacks": 3,
        "others": 5,
        "tasks_submitted": 1,
        "items_submitted": 1,
    }


def test_dead_letters_queue_oldest_first_until_they_are_dropped(a_task: Make, store: Store) -> None:
    trials = [a_task(1) for _ in range(3)]
    for trial in trials:
        for worker in ("before", "a", "b", "c"):
            shard_id, _ = trial.hold(1, worker=worker)
            trial.revoke(shard_id, holder=worker)
    mine = [trial.task_id for trial in trials]

    waiting = [(handle, letter) for handle, letter in store.pending_letters(ALL) if letter.task_id in mine]
    assert [letter.task_id for _, letter in waiting] == mine
    assert len(store.pending_letters(1)) == 1

    store.drop_letters([waiting[1][0], "unknown 1 1"])
    left = [letter.task_id for _, letter in store.pending_letters(ALL) if letter.task_id in mine]
    assert left == [mine[0], mine[2]]
    assert len(store.dead_letters(mine[1])) == 1
    store.drop_letters(handle for handle, _ in waiting)


def test_a_long_agenda_is_read_through_in_any_steps(a_task: Make, store: Store) -> None:
    trial = a_task(120_000)
    chosen = sorted({*range(0, 4000, 2), *range(50_000, 50_900), 100_003, 119_999})
    shard_id, _ = trial.hold(120_000)
    trial.record(shard_id, ((0, 120_000),), failed=spans_of_indexes(chosen))
    trial.control(Action.RETRY)

    found: list[int] = []
    cursor = 0
    while spans := store.agenda(trial.task_id, start=cursor, count=777):
        found += [index for start, stop in spans for index in range(start, stop)]
        cursor = spans[-1][1]

    assert found == chosen
