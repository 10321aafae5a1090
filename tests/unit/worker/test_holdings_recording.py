"""What a worker holds: what is recorded when, until it is answered, and each item once."""

from hypothesis import given
from hypothesis import strategies as st

from app.models.ranges import indexes, size
from app.models.result import Outcome
from app.protocol.record import Recorded
from tests.unit.worker.held_shards import (
    ENDED,
    end,
    hold,
    holdings,
    look,
)
from worker.holding import Work


def test_a_shard_is_due_when_it_ends_when_time_has_passed_and_when_its_block_is_full() -> None:
    held = holdings(slots=2)
    hold(held, "s", ((0, 4),), now=100.0)

    def due(now: float) -> list[str]:
        return held.due(now, interval_seconds=2.0, block_bytes=1_000)

    first, second = held.take(now=100.0)[0], held.take(now=100.0)[0]

    assert due(103.0) == []
    end(held, first)
    assert due(101.9) == []
    assert due(102.0) == ["s"]
    end(held, second, stdout=b"x" * 1_000)
    assert due(100.1) == ["s"]
    assert held.is_due_at_once("s", block_bytes=1_000)


def test_the_same_report_is_given_until_it_is_answered() -> None:
    held = holdings()
    hold(held, "s", ((0, 4),))
    end(held, *held.take(now=0.0))
    first = held.report("s")
    end(held, *held.take(now=0.0), outcome=Outcome.FAILED)

    held.unanswered("s")
    again = held.report("s")

    assert first is not None
    assert again is not None
    assert (again[1].done, again[1].block_id, again[1].block) == (
        first[1].done,
        first[1].block_id,
        first[1].block,
    )
    assert (first[1].repeated, again[1].repeated) == (False, True)
    held.answered("s", Recorded(known=True, accepted=1, remaining=3), now=1.0)
    later = held.report("s")
    assert later is not None
    assert (later[1].done, later[1].failed, later[1].repeated) == (((1, 2),), ((1, 2),), False)
    assert later[1].block_id != first[1].block_id


def test_a_shard_leaves_when_all_of_it_is_recorded_or_when_it_is_gone() -> None:
    held = holdings()
    hold(held, "s", ((0, 2),))
    hold(held, "gone", ((5, 9),))
    end(held, *held.take(now=0.0))
    held.report("s")
    assert not held.answered("s", Recorded(known=True, accepted=1, remaining=1), now=0.0)
    end(held, *held.take(now=0.0))
    held.report("s")

    assert held.answered("s", ENDED, now=0.0)
    assert held.answered("gone", Recorded(known=False), now=0.0)
    assert held.is_empty()


def test_results_that_end_while_a_report_is_on_its_way_keep_the_shard() -> None:
    held = holdings(slots=2)
    hold(held, "s", ((0, 2),))
    first, second = held.take(now=0.0)[0], held.take(now=0.0)[0]
    end(held, first)
    held.report("s")
    end(held, second)

    assert not held.answered("s", Recorded(known=True, accepted=1, remaining=1), now=0.0)
    found = held.report("s")
    assert found is not None
    assert found[1].done == ((1, 2),)


def test_a_result_of_a_shard_that_has_left_is_dropped() -> None:
    held = holdings()
    hold(held, "s", ((0, 2),))
    (work,) = held.take(now=0.0)
    look(held, None)

    end(held, work)

    assert held.is_empty()
    assert held.report("s") is None


@given(st.integers(1, 60), st.integers(1, 4), st.lists(st.sampled_from("tberalk"), max_size=60))
def test_every_item_is_reported_exactly_once_as_done_or_returned(
    items: int, slots: int, steps: list[str]
) -> None:
    """t take, b put back, e end, r report, a answer, l no answer, k give back: in any order."""
    held = holdings(slots=slots)
    hold(held, "s", ((0, items),))
    held.spent("t", seconds=0.01, items=100)
    taken: list[Work] = []
    told: list[int] = []
    for step in [*steps, *"atetetkeatetra"]:
        if step == "t":
            taken += held.take(now=0.0, seconds=1.0, most=7)
        elif step == "b" and taken:
            held.put_back([taken.pop()])
        elif step == "e":
            end(held, *taken)
            taken.clear()
        elif step == "k":
            held.give_back_pending()
        elif step == "l":
            held.unanswered("s")
        elif step == "r":
            held.report("s")
        elif step == "a" and (found := held.report("s")) is not None:
            told += [*indexes(found[1].done), *indexes(found[1].given_back)]
            held.answered("s", Recorded(known=True, remaining=items - len(told)), now=0.0)

    end(held, *taken)
    while (found := held.report("s")) is not None and size(found[1].done) + size(found[1].given_back):
        told += [*indexes(found[1].done), *indexes(found[1].given_back)]
        held.answered("s", Recorded(known=True, remaining=items - len(told)), now=0.0)
        held.give_back_pending()

    assert sorted(told) == list(range(items))
