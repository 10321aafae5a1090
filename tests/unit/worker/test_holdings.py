"""What a worker holds: which item a slot runs next, and how fast it runs them."""

from tests.unit.worker.held_shards import end, finish_all, hold, holdings, indexes_of
from worker.paces import MOST_RATES


def test_slots_take_the_items_in_order_and_each_once() -> None:
    held = holdings(slots=2)
    hold(held, "s", ((0, 3), (7, 9)), attempt=4)

    works = [work for _ in range(9) for work in held.take(now=0.0)]

    assert [(work.index, work.text, work.attempt) for work in works] == [
        (index, f"item-{index}", 4) for index in (0, 1, 2, 7, 8)
    ]


def test_the_least_served_task_is_next() -> None:
    held = holdings()
    hold(held, "a", ((0, 9),), task_id="A")
    held.spent("A", seconds=5.0, items=1)
    hold(held, "b", ((0, 9),), task_id="B")
    began = []
    for _ in range(6):
        (work,) = held.take(now=0.0)
        began.append(work.task_id)
        held.spent(work.task_id, seconds={"A": 1.0, "B": 0.5}[work.task_id], items=1)

    assert began.count("B") == 4
    assert began.count("A") == 2


def test_one_item_sent_behind_a_huge_task_runs_at_once() -> None:
    held = holdings()
    hold(held, "huge", ((0, 4_000),), task_id="huge")
    for _ in range(500):
        end(held, *held.take(now=0.0))
        held.spent("huge", seconds=1.0, items=1)

    hold(held, "one", ((0, 1),), task_id="one")
    next_two = []
    for _ in range(2):
        (work,) = held.take(now=0.0)
        next_two.append(work.task_id)
        held.spent(work.task_id, seconds=1.0, items=1)

    assert "one" in next_two


def test_a_task_that_comes_back_neither_starves_nor_is_starved() -> None:
    """What it was served before counts no more: the others were served meanwhile, or were not there."""
    held = holdings()
    hold(held, "a1", ((0, 1),), task_id="A")
    finish_all(held, "a1")
    hold(held, "b", ((0, 100),), task_id="B")
    held.spent("A", seconds=0.1, items=1)
    held.spent("B", seconds=1_000.0, items=1)

    hold(held, "a2", ((1, 100),), task_id="A")
    began = []
    for _ in range(10):
        (work,) = held.take(now=0.0)
        began.append(work.task_id)
        held.spent(work.task_id, seconds=1.0, items=1)

    assert began.count("A") == began.count("B") == 5


def test_a_task_of_higher_priority_goes_first_however_much_it_was_served() -> None:
    held = holdings()
    hold(held, "low", ((0, 5),), task_id="low")
    hold(held, "high", ((0, 2),), task_id="high", priority=5)
    held.spent("high", seconds=100.0, items=1)

    assert [held.take(now=0.0)[0].task_id for _ in range(3)] == ["high", "high", "low"]


def test_one_item_is_taken_while_it_is_not_known_how_long_it_takes() -> None:
    held = holdings()
    hold(held, "s", ((0, 100),))

    assert len(held.take(now=0.0, seconds=0.05, most=512)) == 1


def test_as_many_items_are_taken_as_fit_the_time() -> None:
    held = holdings(slots=2)
    hold(held, "s", ((0, 1_000),))
    hold(held, "other", ((0, 1),), task_id="other")
    held.spent("t", seconds=0.5, items=100)
    held.spent("other", seconds=9.0, items=0)

    assert len(held.take(now=0.0, seconds=0.05, most=512)) == 10
    assert len(held.take(now=0.0, seconds=100, most=64)) == 64


def test_more_is_taken_while_there_is_one_task_only() -> None:
    held = holdings(slots=2)
    hold(held, "s", ((0, 1_000),))
    held.spent("t", seconds=0.5, items=100)

    assert len(held.take(now=0.0, seconds=0.05, most=512)) == 30


def test_no_slot_takes_more_than_its_share_of_what_waits() -> None:
    held = holdings(slots=4)
    hold(held, "s", ((0, 10),))
    held.spent("t", seconds=0.001, items=100)

    assert [len(held.take(now=0.0, seconds=1.0, most=512)) for _ in range(5)] == [3, 2, 2, 1, 1]


def test_the_measured_rate_is_told_for_tasks_that_are_held() -> None:
    held = holdings(slots=4)
    hold(held, "s", ((0, 10),), task_id="t")
    held.spent("t", seconds=1.0, items=10)
    held.spent("other", seconds=1.0, items=10)

    assert held.rates() == {"t": 40.0}
    assert held.rate("other") == 40.0
    held.spent("t", seconds=2.0, items=10)
    assert round(held.rates()["t"], 2) == round(4 / (0.7 * 0.1 + 0.3 * 0.2), 2)


def test_what_is_known_of_tasks_long_gone_does_not_grow_for_ever() -> None:
    held = holdings()
    for number in range(MOST_RATES + 50):
        held.spent(f"t{number}", seconds=1.0, items=1)

    assert held.rate("t0") is None
    assert held.rate(f"t{MOST_RATES + 49}") == 1.0


def test_a_repeated_answer_of_a_claim_changes_nothing() -> None:
    held = holdings()
    hold(held, "s", ((0, 4),))
    held.take(now=0.0)

    hold(held, "s", ((0, 4),))

    assert indexes_of([work for _ in range(9) for work in held.take(now=0.0)]) == [1, 2, 3]


def test_an_alone_item_is_known_as_long_as_it_is_held() -> None:
    held = holdings()
    assert not held.has_alone()
    hold(held, "s", ((0, 1),), alone=True)

    assert held.has_alone()
    finish_all(held, "s")
    assert not held.has_alone()
