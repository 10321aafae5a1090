"""What a worker holds: what is gone, what ends, what is paused, and what goes back."""

from app.models.result import Outcome
from app.models.task import TaskState
from tests.unit.worker.held_shards import batch, end, hold, holdings, indexes_of, ledger, look


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
