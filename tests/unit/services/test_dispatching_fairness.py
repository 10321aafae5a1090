"""Giving out work to many tasks: none starves, priorities go first, sizes follow the rates."""

from collections.abc import Sequence

import pytest

from app.models.ranges import size
from app.protocol.control import Action
from app.services.candidates import MOST_CANDIDATES, PART
from app.services.dispatching import Dispatcher
from app.services.planning import Limits
from tests.lossy_store import LossyStore
from tests.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_small_task_behind_a_huge_one_is_given_out_at_once(stage: Stage) -> None:
    stage.beat("w", slots=2)
    huge = stage.task(100_000)
    for _ in range(50):
        stage.dispatcher.fill()
        stage.finish(huge, worker="w")

    small = stage.task(2)
    stage.dispatcher.fill()

    assert stage.ledger(small).pool_items == 0


def test_tasks_of_one_priority_are_served_alike_however_long_they_run(stage: Stage) -> None:
    tasks = [stage.task(100_000) for _ in range(10)]
    for _ in range(60):
        stage.beat("w", slots=1, rates=dict.fromkeys(tasks, 50.0))
        stage.dispatcher.fill()
        for task_id in tasks:
            stage.finish(task_id, worker="w")

    done = [stage.ledger(task_id).succeeded for task_id in tasks]

    assert min(done) > 0
    assert max(done) <= 1.5 * min(done)


def test_a_task_of_higher_priority_is_served_first_and_the_others_get_the_rest(stage: Stage) -> None:
    low = stage.task(1_000)
    high = stage.task(1_000, priority=5)
    stage.beat("w", slots=1)
    limits = Limits(tasks_per_worker=1)
    narrow = Stage(limits=limits)
    narrow.beat("w", slots=1)
    below, above = narrow.task(1_000), narrow.task(1_000, priority=5)

    stage.dispatcher.fill()
    narrow.dispatcher.fill()

    assert [len(stage.ledger(task_id).shards) for task_id in (low, high)] == [2, 2]
    assert [len(narrow.ledger(task_id).shards) for task_id in (below, above)] == [0, 2]


def test_sizes_follow_the_rate_that_a_worker_tells(stage: Stage) -> None:
    stage.beat("w", slots=2)
    task_id = stage.task(100_000)
    stage.dispatcher.fill()
    stage.finish(task_id, worker="w")

    stage.dispatcher.told_room(task_id, "w", rate=300.0)
    stage.dispatcher.fill()

    sizes = [size(shard.spans) for shard in stage.ledger(task_id).shards.values()]
    assert sizes == [600, 600]


@pytest.mark.parametrize("rate", [0.0, -1.0, 1e308, None])
def test_a_rate_that_cannot_be_does_not_stop_planning(stage: Stage, rate: float | None) -> None:
    stage.beat("w", slots=2)
    task_id = stage.task(1_000)
    stage.dispatcher.told_room(task_id, "w", rate=rate)
    stage.dispatcher.told_room("no such task", "nobody", rate=rate)

    assert stage.dispatcher.fill() == 2


def reading(stage: Stage) -> tuple[Dispatcher, list[int]]:
    """A dispatcher, and how many ledgers each of its reads asks for."""
    link = LossyStore(stage.store)
    load_many = link.load_many
    asked: list[int] = []

    def counted(task_ids: Sequence[str]) -> object:
        asked.append(len(task_ids))
        return load_many(task_ids)

    link.__dict__["load_many"] = counted
    return stage.new_dispatcher(store=link.as_store), asked


def test_what_waits_is_read_once_and_then_no_more_than_can_be_given_out(stage: Stage) -> None:
    """A thousand waiting tasks cost nothing: else a sweep takes so long that its sight always breaks."""
    stage.beat("w")
    for _ in range(3 * MOST_CANDIDATES):
        stage.task(3)
    dispatcher, asked = reading(stage)
    dispatcher.fill()
    assert sum(asked) == 3 * MOST_CANDIDATES
    asked.clear()

    dispatcher.fill()

    assert sum(asked) <= MOST_CANDIDATES + PART + 4


def test_a_task_behind_many_that_are_paused_is_found(stage: Stage) -> None:
    stage.beat("w")
    for _ in range(MOST_CANDIDATES + 20):
        stage.control(stage.task(3), Action.PAUSE)
    stage.dispatcher.fill()
    stage.clock.advance(1.0)
    stage.beat("w")

    task_id = stage.task(3)
    stage.dispatcher.fill()

    assert stage.ledger(task_id).shards


def test_a_new_task_of_higher_priority_passes_all_that_wait(stage: Stage) -> None:
    narrow = Stage(limits=Limits(shards_per_task=1, tasks_per_worker=1))
    narrow.beat("w", slots=1)
    for _ in range(MOST_CANDIDATES + 20):
        narrow.task(3)
    narrow.dispatcher.fill()
    narrow.clock.advance(1.0)
    narrow.beat("w", slots=1)
    narrow.beat("x", slots=1)

    task_id = narrow.task(3, priority=1)
    narrow.dispatcher.fill()

    assert [shard.worker for shard in narrow.ledger(task_id).shards.values()] == ["x"]


def test_a_task_is_given_out_again_after_it_was_resumed_or_retried(stage: Stage) -> None:
    stage.beat("w")
    paused, ended = stage.task(3), stage.task(3)
    stage.control(paused, Action.PAUSE)
    stage.control(ended, Action.CANCEL)
    assert stage.dispatcher.fill() == 0

    stage.control(paused, Action.RESUME)
    stage.control(ended, Action.RETRY)
    stage.operations.published(ended, run=2)
    stage.dispatcher.fill()

    assert stage.ledger(paused).shards
    assert stage.ledger(ended).shards
