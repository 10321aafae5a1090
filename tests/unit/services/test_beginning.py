"""Which tasks begin with their submit, and where: on what beats say and on what was given out here."""

from collections import Counter
from itertools import count

import pytest

from app.models.node import Beat, Held
from app.models.ranges import size
from app.protocol.plan import Wanted
from app.repositories.operations import Operations
from app.repositories.ports import ShardHint
from app.services.beginning import MOST_ITEMS, Beginnings
from app.services.planning import Limits
from tests.stage import Stage

NOW = 100.0


@pytest.fixture
def stage() -> Stage:
    return Stage()


def beginnings(*beats: Beat) -> Beginnings:
    numbers = count(1)
    return Beginnings(
        beats=lambda: {beat.worker: beat for beat in beats},
        silence_seconds=4.0,
        limits=Limits(),
        new_id=lambda: f"shard-{next(numbers)}",
    )


def a_beat(worker: str, *, slots: int = 1, at: float = NOW, held: tuple[Held, ...] = ()) -> Beat:
    return Beat(worker=worker, name=worker, slots=slots, partitions=(0,), at=at, held=held)


def given(chosen: Beginnings, *items: int) -> list[dict[str, int]]:
    """Who gets how many of tasks of so many items, one after the other, none of which ends."""
    return [
        dict(Counter({each.worker: each.count for each in chosen.choose(number, now=NOW)}))
        for number in items
    ]


def test_workers_take_turns() -> None:
    chosen = beginnings(a_beat("v"), a_beat("w"))

    seen = []
    for _ in range(4):
        wanted = chosen.choose(1, now=NOW)
        seen += [each.worker for each in wanted]
        chosen.over(wanted)

    assert seen == ["v", "w", "v", "w"]


def test_what_is_out_takes_its_slot_until_it_is_over() -> None:
    chosen = beginnings(a_beat("v"), a_beat("w"))
    first = chosen.choose(1, now=NOW)

    assert given(chosen, 1, 1) == [{"w": 1}, {}]
    chosen.over(first)
    chosen.over(first)
    assert given(chosen, 1) == [{"v": 1}]


def test_several_items_go_evenly_to_the_free_slots() -> None:
    assert given(beginnings(a_beat("v", slots=2), a_beat("w", slots=2)), 4) == [{"v": 2, "w": 2}]


def test_a_busy_worker_gets_nothing_but_for_what_was_given_here_and_may_have_ended() -> None:
    others = Held(task_id="t", shard_id="other", running=1)
    assert given(beginnings(a_beat("w", held=(others,))), 1) == [{}]

    mine = Held(task_id="t", shard_id="shard-1", running=1)
    chosen = beginnings(a_beat("w", held=(mine,)))
    chosen.over([Wanted(shard_id="shard-1", worker="w", count=1, most=2)])
    assert given(chosen, 1) == [{}]
    assert given(beginnings(a_beat("w", slots=2, held=(mine,))), 1, 1, 1) == [{"w": 1}, {"w": 1}, {}]


def test_items_that_cannot_all_begin_at_once_are_left_to_the_planner() -> None:
    assert given(beginnings(a_beat("v"), a_beat("w")), 3) == [{}]


@pytest.mark.parametrize(("is_known", "after"), [(True, [{"w": 1}, {"w": 1}]), (False, [{"w": 1}, {}])])
def test_what_nobody_waits_for_any_more_is_busy_by_its_beat(
    *, is_known: bool, after: list[dict[str, int]]
) -> None:
    held = Held(task_id="t", shard_id="shard-1", running=1)
    chosen = beginnings(a_beat("w", slots=2, held=(held,)))
    (mine,) = chosen.choose(1, now=NOW)
    assert mine.shard_id == held.shard_id

    chosen.over([mine], is_known=is_known)

    assert given(chosen, 1, 1) == after


def test_silent_workers_and_many_items_are_left_to_the_planner() -> None:
    assert given(beginnings(), 1) == [{}]
    assert given(beginnings(a_beat("w", at=NOW - 5)), 1) == [{}]
    assert given(beginnings(a_beat("w")), MOST_ITEMS + 1) == [{}]


def a_hint(stage: Stage, *, worker: str) -> ShardHint:
    """What the worker is told of a task of one item that begins with its submit."""
    heard: list[ShardHint] = []
    stop = stage.store.listen(worker, heard.append)
    task_id = stage.begun(worker=worker)
    stop()
    assert [hint.task_id for hint in heard] == [task_id]
    return heard[0]


def test_a_worker_that_hears_of_it_reads_nothing_before_its_items_run(stage: Stage) -> None:
    worker = stage.worker("w")
    hint = a_hint(stage, worker="w")
    for method in ("load", "spec", "function", "items"):
        worker.link.lose_reply(method)

    worker.hear(hint)
    (work,) = worker.slots.begin()

    assert (work.text, work.shard_id) == ("item-0", hint.shard_id)


def test_room_is_told_once_for_many_that_end_in_a_moment(stage: Stage) -> None:
    worker = stage.worker("w")
    for _ in range(3):
        worker.hear(a_hint(stage, worker="w"))
        worker.finish()
        worker.node.freed()
    assert (len(stage.new_room()), worker.node.owes_room) == (1, True)

    stage.clock.advance(0.2)
    worker.node.freed()

    assert (len(stage.new_room()), worker.node.owes_room) == (1, False)


def test_a_shard_that_nobody_has_heard_of_is_sent_when_its_task_comes_from_kafka(stage: Stage) -> None:
    stage.worker("w").node.beat()
    task_id = stage.begun(worker="w")
    ledger = Operations(stage.store).received(task_id, run=1)
    assert ledger is not None
    (shard_id,) = ledger.shards

    stage.dispatcher.told_unheard(task_id)
    stage.dispatcher.fill()

    assert [record.shard_id for record in stage.new_hints()] == [shard_id]
    assert size(stage.ledger(task_id).shards[shard_id].spans) == 1


def test_a_slot_records_the_end_of_what_came_by_a_hint_itself(stage: Stage) -> None:
    worker = stage.worker("w")
    hint = a_hint(stage, worker="w")
    worker.hear(hint)
    other = stage.task(2)
    shard_id = stage.shard(other, 2, worker="w")
    worker.claim(other, shard_id)
    worker.node.record_hinted(hint.shard_id)
    assert stage.ledger(hint.task_id).succeeded == 0

    worker.slots.run_all()
    worker.node.record_hinted(shard_id)
    worker.node.record_hinted(hint.shard_id)
    worker.node.record_hinted(hint.shard_id)

    assert (stage.ledger(hint.task_id).succeeded, stage.ledger(other).succeeded) == (1, 0)


def test_what_it_could_not_record_is_due(stage: Stage) -> None:
    worker = stage.worker("w")
    hint = a_hint(stage, worker="w")
    worker.hear(hint)
    worker.slots.run_all()
    worker.link.is_away = True
    worker.node.record_hinted(hint.shard_id)
    worker.link.is_away = False

    assert worker.node.record_due() == 0
    assert stage.ledger(hint.task_id).succeeded == 1
