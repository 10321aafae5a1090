"""What a worker holds: which item a slot runs next, what is recorded when, and what goes back."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from app.models.ledger import Ledger, Shard
from app.models.ranges import Spans, indexes, size
from app.models.result import ItemResult, Outcome
from app.models.task import TaskState
from app.protocol.claim import Claimed
from app.protocol.record import Recorded
from app.support.ids import new_id
from worker.holding import Work
from worker.holdings import MOST_RATES, Holdings

ENDED = Recorded(known=True)


def holdings(*, slots: int = 1) -> Holdings:
    return Holdings(slots=slots, new_id=new_id)


def hold(
    held: Holdings,
    shard_id: str,
    spans: Spans,
    *,
    task_id: str = "t",
    priority: int = 0,
    attempt: int = 1,
    alone: bool = False,
    now: float = 0.0,
) -> None:
    shard = Shard(spans=spans, worker="w", offered_at=0.0, holders={"w": 0.0}, attempt=attempt)
    items = [f"item-{index}" for index in indexes(spans)]
    held.add(task_id, shard_id, Claimed(shard=shard, alone=alone), items=items, priority=priority, now=now)


def end(held: Holdings, *works: Work, outcome: Outcome = Outcome.OK, stdout: bytes = b"") -> None:
    for work in works:
        held.finished(work.shard_id, ItemResult(index=work.index, outcome=outcome, stdout=stdout))


def ledger(
    *shard_ids: str,
    holder: str | None = "w",
    ending: TaskState | None = None,
    paused: bool = False,
) -> Ledger:
    holders = {} if holder is None else {holder: 0.0}
    shard = Shard(spans=((0, 1),), worker="w", offered_at=0.0, holders=holders)
    return Ledger(
        task_id="t",
        items_total=99,
        created_at=0.0,
        stop=99,
        waiting=0,
        shards=dict.fromkeys(shard_ids, shard),
        ending=ending,
        paused=paused,
    )


def look(held: Holdings, found: Ledger | None) -> tuple[list[str], list[str]]:
    return held.look({} if found is None else {"t": found}, worker="w", asked=list(held.shards()))


def indexes_of(works: Sequence[Work]) -> list[int]:
    return [work.index for work in works]


# which item is next


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


def finish_all(held: Holdings, shard_id: str) -> None:
    """Runs and records the one shard that holds items of its task."""
    while works := [w for w in held.take(now=0.0) if w.shard_id == shard_id]:
        end(held, *works)
    assert held.report(shard_id) is not None
    assert held.answered(shard_id, ENDED, now=0.0)


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
    held.spent("t", seconds=0.5, items=100)

    assert len(held.take(now=0.0, seconds=0.05, most=512)) == 10
    assert len(held.take(now=0.0, seconds=100, most=64)) == 64


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


# adding


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


# recording


def test_a_shard_is_due_when_it_ends_when_time_has_passed_and_when_its_block_is_full() -> None:
    held = holdings(slots=2)
    hold(held, "s", ((0, 4),), now=100.0)
    due = {"interval_seconds": 2.0, "block_bytes": 1_000}
    first, second = held.take(now=100.0)[0], held.take(now=100.0)[0]

    assert held.due(103.0, **due) == []
    end(held, first)
    assert held.due(101.9, **due) == []
    assert held.due(102.0, **due) == ["s"]
    end(held, second, stdout=b"x" * 1_000)
    assert held.due(100.1, **due) == ["s"]
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


# what the store says


def test_gone_shards_are_forgotten_and_to_be_killed() -> None:
    held = holdings()
    for shard_id in ("kept", "dead", "taken"):
        hold(held, shard_id, ((0, 2),))
    found = ledger("kept").evolve(shards=ledger("kept").shards | ledger("taken", holder="other").shards)

    gone, ending = look(held, found)

    assert (sorted(gone), ending) == (["dead", "taken"], [])
    assert list(held.shards()) == ["kept"]


def test_a_shard_that_a_rollback_made_unclaimed_is_still_this_workers() -> None:
    held = holdings()
    hold(held, "s", ((0, 2),))

    assert look(held, ledger("s", holder=None)) == ([], [])
    assert held.has("s")


def test_a_shard_with_a_report_on_its_way_waits_for_the_answer() -> None:
    """It may be gone because that report has ended it."""
    held = holdings()
    hold(held, "s", ((0, 1),))
    end(held, *held.take(now=0.0))
    held.report("s")

    assert look(held, ledger()) == ([], [])
    assert held.has("s")


def test_of_an_ending_task_nothing_is_begun_and_what_is_killed_goes_back() -> None:
    held = holdings()
    hold(held, "s", ((0, 4),))
    (work,) = held.take(now=0.0)

    gone, ending = look(held, ledger("s", ending=TaskState.CANCELLED))
    end(held, work, outcome=Outcome.KILLED)

    assert (gone, ending) == ([], ["s"])
    assert held.take(now=0.0) == []
    found = held.report("s")
    assert found is not None
    assert (found[1].done, found[1].given_back) == ((), ((0, 4),))


def test_an_item_of_an_ending_task_that_ends_by_itself_counts() -> None:
    held = holdings()
    hold(held, "s", ((0, 4),))
    (work,) = held.take(now=0.0)
    look(held, ledger("s", ending=TaskState.CANCELLED))

    end(held, work)

    found = held.report("s")
    assert found is not None
    assert (found[1].done, found[1].given_back) == (((0, 1),), ((1, 4),))


def test_of_a_paused_task_what_runs_goes_on_and_what_waits_goes_back() -> None:
    held = holdings()
    hold(held, "s", ((0, 4),))
    (work,) = held.take(now=0.0)

    assert look(held, ledger("s", paused=True)) == ([], [])
    end(held, work)

    found = held.report("s")
    assert found is not None
    assert (found[1].done, found[1].given_back) == (((0, 1),), ((1, 4),))


# giving back


def batch(held: Holdings, *, of: int) -> list[Work]:
    """Items that one slot took in advance."""
    held.spent("t", seconds=0.01, items=100)
    works = held.take(now=0.0, seconds=1.0, most=of)
    assert len(works) == of
    return works


def test_what_a_slot_puts_back_is_next_again_and_in_order() -> None:
    held = holdings()
    hold(held, "s", ((0, 9),))
    works = batch(held, of=4)

    held.put_back(works[1:])
    end(held, works[0])

    assert indexes_of(batch(held, of=8)) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_what_a_slot_puts_back_late_is_not_begun_again_while_its_task_is_stopped() -> None:
    for found in (ledger("s", paused=True), ledger("s", ending=TaskState.CANCELLED)):
        held = holdings()
        hold(held, "s", ((0, 9),))
        works = batch(held, of=4)
        look(held, found)

        held.put_back(works[1:])

        assert held.take(now=0.0) == []
        report = held.report("s")
        assert report is not None
        assert report[1].given_back == ((1, 9),)


def test_a_resumed_tasks_items_may_be_put_back_to_run_here() -> None:
    held = holdings()
    hold(held, "s", ((0, 4),))
    works = batch(held, of=4)
    look(held, ledger("s", paused=True))
    look(held, ledger("s"))

    held.put_back(works[2:])

    assert indexes_of(batch(held, of=2)) == [2, 3]


def test_a_worker_that_leaves_begins_nothing_whatever_comes_back_or_is_still_claimed() -> None:
    held = holdings()
    hold(held, "s", ((0, 9),))
    works = batch(held, of=4)

    held.leave()
    held.put_back(works[1:])
    hold(held, "late", ((20, 22),))
    look(held, ledger("s", "late"))

    assert held.take(now=0.0) == []
    returned = {name: found[1].given_back for name in ("s", "late") if (found := held.report(name))}
    assert returned == {"s": ((1, 9),), "late": ((20, 22),)}


def test_what_is_returned_is_counted_once() -> None:
    held = holdings()
    hold(held, "a", ((0, 4),))
    hold(held, "b", ((4, 10),))
    held.take(now=0.0)

    assert held.give_back_pending() == 9
    assert held.give_back_pending() == 0


def test_the_beat_tells_what_has_not_begun_and_the_age_of_the_oldest() -> None:
    held = holdings()
    hold(held, "s", ((0, 4),))
    held.take(now=10.0)
    held.take(now=12.0)

    (told,) = held.held(15.0)

    assert (told.task_id, told.shard_id, told.not_begun, told.oldest_seconds) == ("t", "s", 2, 5.0)


# whatever happens


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
