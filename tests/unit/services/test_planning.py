"""Planning: who gets the next items of which task, and how many."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.services.planning import Assignment, Limits, TaskView
from tests.paced_workers import PacedWorker, plans

LIMITS = Limits()


def a_task(task_id: str = "t", *, waiting: int = 1_000, **rest: object) -> TaskView:
    fields: dict[str, object] = {"task_id": task_id, "waiting": waiting, "items_total": waiting}
    return TaskView(**(fields | rest))  # type: ignore[arg-type] # the fields' own types


def crew(*slots: int, **rates: float) -> list[PacedWorker]:
    """Workers w0, w1, … of so many slots, all with these rates by task."""
    return [PacedWorker(worker=f"w{n}", slots=count, rates=rates) for n, count in enumerate(slots)]


def plan(
    tasks: Sequence[TaskView], workers: Sequence[PacedWorker], limits: Limits = LIMITS
) -> list[Assignment]:
    return plans(tasks, workers, limits=limits)


def shards(chosen: Sequence[Assignment]) -> Counter[tuple[str, str]]:
    return Counter((each.worker, each.task_id) for each in chosen)


def given(chosen: Sequence[Assignment]) -> Counter[str]:
    """Items by worker."""
    items: Counter[str] = Counter()
    for each in chosen:
        items[each.worker] += each.count
    return items


def busy(workers: Sequence[PacedWorker], *, next_free: float | None = 0.1) -> list[PacedWorker]:
    """The same with an item in every slot."""
    return [replace(worker, load=worker.slots, next_free=next_free) for worker in workers]


def size_of(task: TaskView, workers: Sequence[PacedWorker], limits: Limits = LIMITS, **told: float) -> int:
    """What the first worker gets next of the task while all slots are busy; 0 where it had better wait."""
    full = {worker.worker: limits.shards_per_task for worker in workers[1:]}
    task = replace(task, held={**full, **task.held})
    chosen = plans([task], busy(workers), limits=limits, told={task.task_id: told})
    return chosen[0].count if chosen else 0


# room


def test_a_worker_gets_two_shards_of_a_task() -> None:
    chosen = plan([a_task()], crew(2, 2))

    assert shards(chosen) == {("w0", "t"): 2, ("w1", "t"): 2}


def test_a_worker_gets_shards_of_four_tasks() -> None:
    chosen = plan([a_task(f"t{n}") for n in range(9)], crew(2))

    assert len({each.task_id for each in chosen}) == 4
    assert set(shards(chosen).values()) == {2}


def test_a_worker_of_many_slots_gets_shards_of_as_many_tasks() -> None:
    """Else a thousand tasks of one item would run four at a time on sixteen cores."""
    chosen = plan([a_task(f"t{n}", waiting=1) for n in range(40)], crew(16))

    assert len(chosen) == 16


def test_what_a_worker_holds_counts() -> None:
    tasks = [a_task("full", held={"w0": 2}), a_task("half", held={"w0": 1}), a_task("new")]

    chosen = plan(tasks, busy(crew(2)))

    assert shards(chosen) == {("w0", "half"): 1, ("w0", "new"): 2}


def test_what_a_worker_holds_of_tasks_with_nothing_to_plan_counts_too() -> None:
    tasks = [a_task(f"busy{n}", waiting=0, held={"w0": 1}) for n in range(3)]

    chosen = plan([*tasks, *(a_task(f"t{n}", waiting=1) for n in range(9))], crew(2))

    assert len(chosen) == 1


def test_nothing_is_planned_without_workers_or_without_items() -> None:
    assert plan([a_task()], []) == []
    assert plan([], crew(2)) == []
    assert plan([a_task(waiting=0)], crew(2)) == []


def test_the_worker_with_the_least_load_a_slot_comes_first() -> None:
    busy = a_task("busy", waiting=0, held={"w0": 2, "w1": 1, "w2": 3})

    chosen = plan([busy, a_task(waiting=1)], crew(2, 2, 8))

    assert [each.worker for each in chosen] == ["w2"]


# which task


def test_higher_priority_goes_first() -> None:
    tasks = [a_task("low", created_at=1), a_task("high", priority=1, created_at=2, served=99.0)]

    chosen = plan(tasks, crew(2))

    assert [each.task_id for each in chosen] == ["high", "high", "low", "low"]


def test_of_one_priority_the_least_served_goes_first_then_the_oldest() -> None:
    limits = Limits(shards_per_task=1, tasks_per_worker=1)
    tasks = [
        a_task("new", served=3.0, created_at=3),
        a_task("served", served=9.0, created_at=1),
        a_task("old", served=3.0, created_at=2),
    ]

    assert [each.task_id for each in plan(tasks, crew(1), limits)] == ["old"]


def rounds(tasks: list[TaskView], workers: list[PacedWorker], *, count: int) -> Counter[str]:
    """Items given by task over many rounds, each of which ends all that is out."""
    items: Counter[str] = Counter()
    for _ in range(count):
        for each in plan(tasks, workers):
            items[each.task_id] += each.count
            tasks = [
                replace(
                    task,
                    waiting=task.waiting - each.count,
                    served=task.served + each.cost,
                )
                if task.task_id == each.task_id
                else task
                for task in tasks
            ]
    return items


def test_within_a_turn_the_oldest_goes_on() -> None:
    """A thousand small tasks are finished one after the other, rather than all begun."""
    tasks = [a_task("young", served=0.1, created_at=2), a_task("old", served=1.9, created_at=1)]
    limits = Limits(shards_per_task=1, tasks_per_worker=1)

    assert [each.task_id for each in plan(tasks, crew(1), limits)] == ["old"]
    tasks[1] = replace(tasks[1], served=2.0)
    assert [each.task_id for each in plan(tasks, crew(1), limits)] == ["young"]


def test_tasks_of_one_priority_get_equal_shares_of_the_workers_time() -> None:
    """Stride scheduling: many more tasks than a worker takes at once, and items of unequal length."""
    rates = {f"t{n}": 10.0 * (n + 1) for n in range(12)}
    tasks = [a_task(name, waiting=1_000_000) for name in rates]

    items = rounds(tasks, crew(2, **rates), count=60)

    seconds = {name: items[name] / rate for name, rate in rates.items()}
    assert max(seconds.values()) <= 1.25 * min(seconds.values())


def test_a_task_of_ten_million_items_cannot_starve_a_small_one() -> None:
    rates = {"huge": 50.0, "small": 50.0}
    workers = crew(2, 2, **rates)
    huge = a_task("huge", waiting=10_000_000, served=5_000.0, held={"w0": 2, "w1": 2})
    small = a_task("small", waiting=20, served=5_000.0, created_at=9)

    chosen = plan([huge, small], busy(workers))

    assert {each.task_id for each in chosen} == {"small"}
    assert {each.worker for each in chosen} == {"w0", "w1"}


def test_a_task_of_ten_million_items_is_out_with_seconds_of_work_only() -> None:
    """So that cancel is quick, Kafka stays small, and a new task's turn comes at once."""
    chosen = plan([a_task(waiting=10_000_000)], crew(2, 2, t=10.0), Limits(most_shards=10_000_000))

    assert [each.count for each in chosen] == [20, 20, 20, 20]


# how many items


@pytest.mark.parametrize("items", range(1, 13))
def test_a_short_list_goes_evenly_over_the_workers(items: int) -> None:
    counts = given(plan([a_task(waiting=items)], crew(2, 2, 2)))

    assert counts.total() == items
    assert len(counts) == min(items, 3)
    assert max(counts.values()) <= -(-items // 3)


@pytest.mark.parametrize(
    ("items", "shares"), [(10, [4, 3, 3]), (12, [4, 4, 4]), (3, [1, 1, 1]), (7, [3, 2, 2])]
)
def test_a_short_list_leaves_no_worker_with_a_round_more_than_another(items: int, shares: list[int]) -> None:
    counts = given(plan([a_task(waiting=items)], crew(2, 2, 2)))

    assert sorted(counts.values(), reverse=True) == shares


def test_a_short_list_goes_by_slots() -> None:
    assert given(plan([a_task(waiting=12)], crew(1, 1, 4))) == {"w0": 2, "w1": 2, "w2": 8}


def test_a_short_rest_goes_not_all_to_the_one_worker_that_has_none_of_it() -> None:
    task = a_task(waiting=12, held={"w1": 1, "w2": 1})

    chosen = plan([task], busy(crew(2, 2, 2), next_free=None))

    assert chosen[0] == Assignment(task_id="t", worker="w0", count=4)


def test_a_task_is_probed_with_one_item_a_slot() -> None:
    assert [each.count for each in plan([a_task()], crew(4))] == [4, 4]


def test_shards_grow_to_about_two_seconds_of_work() -> None:
    assert size_of(a_task(waiting=100_000), crew(2, 2, t=30.0)) == 60
    assert size_of(a_task(waiting=100_000), crew(2, 2, t=0.1)) == 5  # of 20,000 shards


def test_each_worker_gets_by_its_own_rate_as_it_is_told_last() -> None:
    workers = [PacedWorker(worker="new", slots=2, rates={"t": 1.0}), *crew(2, t=10.0)]

    assert size_of(a_task(waiting=10_000), workers, new=100.0) == 200


def test_a_worker_that_has_not_run_the_task_is_taken_to_be_as_fast_a_slot_as_the_others() -> None:
    workers = [PacedWorker(worker="new", slots=8), PacedWorker(worker="old", slots=2, rates={"t": 10.0})]

    assert size_of(a_task(waiting=100_000), workers) == 80


def test_the_rate_of_a_worker_that_is_not_here_is_not_taken_for_that_of_one_slot() -> None:
    workers = crew(16, 16)

    assert size_of(a_task(waiting=100_000), workers, gone=160.0) == 320


def test_the_tail_is_guided() -> None:
    """Never more than waits × its rate / (2 × the sum of rates): no worker is left with much at the end."""
    workers = crew(2, 2, 2, 2, t=1_000.0)

    limits = Limits(least_seconds=0.0)

    assert size_of(a_task(waiting=800), workers, limits) == 100
    assert size_of(a_task(waiting=80), workers, limits) == 10
    assert size_of(a_task(waiting=8), workers, limits) == 1


def test_a_slow_worker_gets_the_lesser_part_of_the_tail() -> None:
    workers = [
        PacedWorker(worker="slow", slots=2, rates={"t": 100.0}),
        PacedWorker(worker="fast", slots=2, rates={"t": 900.0}),
    ]

    assert size_of(a_task(waiting=500), workers) == 25
    assert size_of(a_task(waiting=500), workers[::-1]) == 225


def test_no_shard_is_less_than_a_round_trip_is_worth() -> None:
    """10,000 items that do nothing would else end in a hundred shards of a few, each with its records."""
    assert size_of(a_task(waiting=100), crew(2, 2, t=1_000.0)) == 100


def test_a_shard_has_no_more_items_than_a_worker_should_keep_in_memory() -> None:
    assert size_of(a_task(waiting=10_000_000), crew(2, 2, t=1_000_000.0)) == Limits().shard_items


def drain(items: int, workers: list[PacedWorker], limits: Limits = LIMITS) -> list[int]:
    """The sizes of all shards of a task when one after the other is planned, each for the next worker."""
    sizes: list[int] = []
    task = a_task(waiting=items)
    while task.waiting:
        for number in range(len(workers)):
            if task.waiting:
                turn = [*workers[number:], *workers[:number]]
                sizes.append(size_of(task, turn, limits) or 1)
                task = replace(task, waiting=task.waiting - sizes[-1])
    assert sum(sizes) == items
    return sizes


def test_a_task_of_slow_items_makes_no_more_than_the_most_shards_but_for_its_tail() -> None:
    sizes = drain(1_000_000, crew(2, 2, t=1.0), Limits(most_shards=2_000))

    assert max(sizes) == 500
    assert len(sizes) <= 2_000 + 100


def test_the_last_shards_are_small() -> None:
    sizes = drain(100_000, crew(2, 2, 2, 2, t=500.0))

    assert sizes[0] == 1_000
    assert sizes[-2] == 50
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("rate", [0.0, -5.0, 1e300, float("inf"), float("nan")])
def test_a_rate_that_cannot_be_is_not_believed(rate: float) -> None:
    """It comes from others' records: one bad record must not stop all planning."""
    task = a_task(waiting=100)

    assert size_of(task, crew(2, t=rate), w0=rate) == size_of(task, crew(2))
    assert plan([task], crew(2, t=rate))[0].cost == plan([task], crew(2))[0].cost


# where


def test_items_go_where_slots_are_free() -> None:
    """A small task beside items of a minute: no part of it waits behind them."""
    workers = [*busy(crew(2), next_free=None), PacedWorker(worker="idle", slots=2)]

    assert given(plan([a_task(waiting=4)], workers)) == {"idle": 4}


def test_items_go_also_where_a_slot_is_free_in_a_moment() -> None:
    """Else a hundred short items would all run on the one worker that a huge task has left idle."""
    workers = [*busy(crew(2), next_free=0.02), PacedWorker(worker="idle", slots=2)]

    assert given(plan([a_task(waiting=8)], workers)) == {"idle": 4, "w0": 4}


def test_no_item_waits_behind_long_ones_while_another_worker_is_not_so_busy() -> None:
    workers = [*busy(crew(2), next_free=60.0), *busy([PacedWorker(worker="quick", slots=2)])]

    assert given(plan([a_task(waiting=1_000, held={"quick": 2})], workers)) == {}
    assert set(given(plan([a_task(waiting=1_000)], workers))) == {"quick"}


def test_behind_long_items_waits_what_finds_nothing_else() -> None:
    assert given(plan([a_task(waiting=4)], busy(crew(2, 2), next_free=60.0))) == {"w0": 2, "w1": 2}


def test_long_items_wait_for_a_slot_that_is_free_rather_than_at_a_worker() -> None:
    workers = busy(crew(2, 2, t=0.4), next_free=2.0)

    assert plan([a_task(waiting=40)], workers) == []
    assert plan([a_task(waiting=40)], [replace(workers[0], load=1), workers[1]]) == [
        Assignment(task_id="t", worker="w0", count=1)
    ]


def test_a_worker_with_free_slots_takes_more_shards_than_two() -> None:
    """At the end of a list of long items each of its shards holds one item."""
    (worker,) = crew(8, t=1.0)

    chosen = plan([a_task(waiting=3, held={"w0": 4})], [replace(worker, load=5)])

    assert chosen == [Assignment(task_id="t", worker="w0", count=3, held=5)]


def test_the_last_items_go_evenly_over_the_free_slots() -> None:
    assert given(plan([a_task(waiting=6)], crew(4, 4, 4, t=4.0))) == {"w0": 2, "w1": 2, "w2": 2}


def test_no_other_task_takes_the_slot_that_a_more_urgent_one_waits_for() -> None:
    """Quick items that wait at the worker would take each slot that is free, and long ones never begin."""
    workers = busy(crew(2, long=0.4, quick=100.0))
    tasks = [a_task("long", priority=1), a_task("quick")]

    assert plan(tasks, workers) == []
    assert [each.task_id for each in plan([a_task("long"), a_task("quick", priority=1)], workers)] == [
        "quick",
        "quick",
    ]


def test_planning_for_a_hundred_workers_and_hundreds_of_tasks_is_quick() -> None:
    """In a scheduler that plans many times a second: the work grows with what is chosen."""
    tasks = [a_task(f"t{n}", waiting=10_000) for n in range(256)]
    workers = crew(*[4] * 100)

    chosen = plan(tasks, workers)

    assert set(shards(chosen).values()) == {2}
    assert len(chosen) == 100 * 4 * 2


# what dead workers held


def test_each_piece_goes_out_as_it_is_before_all_else_and_past_the_room() -> None:
    full = a_task(waiting=500, held={"w0": 2, "w1": 2}, suspects=[3, 3, 2])

    chosen = plan([full], busy(crew(1, 1)))

    assert [each.count for each in chosen] == [3, 3, 2]
    assert {each.worker for each in chosen} == {"w0", "w1"}


def test_pieces_go_by_slots_and_by_how_many_a_worker_has_of_them() -> None:
    task = a_task(waiting=0, suspects=[1] * 8, suspects_held={"w0": 2})

    chosen = plan([task], crew(2, 1, 1))

    assert shards(chosen) == {("w0", "t"): 3, ("w1", "t"): 3, ("w2", "t"): 2}


def test_pieces_take_no_room_from_what_is_new() -> None:
    chosen = plan([a_task(waiting=1_000, suspects=[1], suspects_held={"w0": 5})], crew(1))

    assert [each.count for each in chosen] == [1, 1, 1]


def test_pieces_of_a_task_of_higher_priority_go_first() -> None:
    tasks = [a_task("low", waiting=0, suspects=[5]), a_task("high", waiting=0, suspects=[7], priority=1)]

    assert [each.task_id for each in plan(tasks, crew(1))] == ["high", "low"]


def test_pieces_wait_while_no_worker_takes_work() -> None:
    assert plan([a_task(suspects=[1, 2])], []) == []
