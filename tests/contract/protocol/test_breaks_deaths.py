"""Breaks 7 and 8 of the protocol: a poison item is found within few deaths, and no innocent is lost by it."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from app.models.ranges import intersect, size
from app.models.result import Outcome
from app.models.task import TaskState
from app.protocol.claim import Claimed, Refusal
from app.repositories.ports import Store
from tests.contract.store.trial import Trial

Make = Callable[[int], Trial]
POISON = ((2_718, 2_719),)


def a_suspect(trial: Trial) -> None:
    """The next item alone in a shard, under the hands of a worker that dies: from now on deaths count."""
    killed(trial, 1, worker="before")


def incarnations() -> Iterator[str]:
    return (f"w#{number}" for number in count())


def killed(trial: Trial, items: int, *, worker: str) -> None:
    """The next items, under the hands of a worker that dies."""
    shard_id, _ = trial.hold(items, worker=worker)
    trial.revoke(shard_id, holder=worker)


def test_one_poison_among_four_thousand_is_found_within_eight_deaths(a_task: Make, store: Store) -> None:
    """Break 7: planned together again, the pieces of one poison cost 564 deaths and never ended."""
    trial = a_task(4_000)
    workers = incarnations()
    deaths = 0
    while (planned := trial.plan(4_000)) is not None:
        shard_id, shard = planned
        worker = next(workers)
        trial.claim(shard_id, worker=worker)
        if intersect(shard.spans, POISON):
            deaths += 1
            assert deaths <= 8
            trial.revoke(shard_id, holder=worker)
        else:
            trial.record(shard_id, shard.spans, worker=worker)

    assert deaths >= 3
    assert (trial.ledger.succeeded, trial.ledger.failed) == (3_999, 1)
    assert trial.is_in(TaskState.FAILED)
    lost = [e for e in store.entries(trial.task_id, start=0, limit=9_999) if e.outcome is Outcome.LOST]
    assert tuple((entry.start, entry.stop) for entry in lost) == POISON


def test_each_piece_of_a_dead_workers_shard_is_planned_as_a_shard_of_its_own(a_task: Make) -> None:
    """Break 7: "a range with a death is planned as a shard of its own"."""
    trial = a_task(24)
    killed(trial, 24, worker="a")

    shards = [trial.plan(24) for _ in range(8)]

    assert [found and found[1].spans for found in shards] == [
        ((start, start + 3),) for start in range(0, 24, 3)
    ]
    assert all(found and found[1].suspect for found in shards)
    assert trial.plan(24) is None


def test_a_single_item_that_a_dead_worker_may_not_have_begun_counts_no_death(a_task: Make) -> None:
    """An innocent item was lost to three kills in a row, though it had only waited at two of the workers."""
    trial = a_task(1)

    a_suspect(trial)

    (piece,) = trial.ledger.pool
    assert (piece.deaths, piece.suspect, piece.attempt) == ((), True, 2)


def test_what_a_dead_worker_held_is_planned_before_all_else_and_past_the_room(a_task: Make) -> None:
    """Returned pieces that waited for room were given out after up to 13 seconds, and died in more hands."""
    trial = a_task(40)
    returned, _ = trial.hold(4)
    dying, _ = trial.hold(4, worker="a")
    assert trial.plan(16, worker="b", most=1) is not None
    trial.record(returned, given_back=((0, 4),))
    trial.revoke(dying, holder="a")

    found = [trial.plan(9, worker="b", most=1) for _ in range(5)]

    assert [planned and planned[1].spans for planned in found] == [((n, n + 1),) for n in (4, 5, 6, 7)] + [
        None
    ]


def test_a_neighbour_that_never_ran_alone_inherits_no_death(a_task: Make) -> None:
    """Break 8a: inherited by pieces, a neighbour had three deaths and had never run alone."""
    trial = a_task(8)
    killed(trial, 8, worker="a")

    pieces = trial.ledger.pool

    assert [size(piece.spans) for piece in pieces] == [1] * 8
    assert all(piece.deaths == () for piece in pieces)


def test_an_item_with_two_deaths_is_claimed_only_by_a_worker_that_holds_nothing(a_task: Make) -> None:
    """Break 8b: task A's poison kills the worker three times under task B's item."""
    trial = a_task(1)
    a_suspect(trial)
    for worker in ("a", "b"):
        killed(trial, 1, worker=worker)
    planned = trial.plan(1)
    assert planned is not None

    busy = trial.operations.claim(trial.task_id, planned[0], worker="c", holds_nothing=False)
    idle = trial.operations.claim(trial.task_id, planned[0], worker="c", holds_nothing=True)

    assert busy is Refusal.ALONE
    assert isinstance(idle, Claimed)
    assert idle.alone
    again = trial.operations.claim(trial.task_id, planned[0], worker="c", holds_nothing=False)
    assert isinstance(again, Claimed)


def test_an_item_with_one_death_may_run_beside_others(a_task: Make) -> None:
    """Break 8b: only the last chance is taken alone."""
    trial = a_task(1)
    a_suspect(trial)
    killed(trial, 1, worker="a")
    planned = trial.plan(1)
    assert planned is not None

    answer = trial.operations.claim(trial.task_id, planned[0], worker="b", holds_nothing=False)

    assert isinstance(answer, Claimed)
    assert not answer.alone


def test_a_holder_that_beats_without_naming_its_shard_is_no_death(a_task: Make, store: Store) -> None:
    """Break 8c: 25 s items, pauses and cuts of 5 to 8 s: false alarms."""
    trial = a_task(1)
    before = store.counts().get("deaths", 0)

    for _ in range(5):
        shard_id, _ = trial.hold(1, worker="w")
        trial.revoke(shard_id, holder="w", alive=frozenset({"w"}))

    assert not trial.ledger.state.is_terminal
    (piece,) = trial.ledger.pool
    assert (piece.deaths, piece.suspect) == ((), False)
    assert store.counts().get("deaths", 0) == before


def test_an_incarnation_that_beats_again_is_taken_out_of_the_deaths(a_task: Make, store: Store) -> None:
    """Break 8c: "a set of incarnations, out of which those that beat again are taken"."""
    trial = a_task(1)
    a_suspect(trial)
    killed(trial, 1, worker="paused")
    killed(trial, 1, worker="a")
    shard_id, _ = trial.hold(1, worker="b")
    trial.revoke(shard_id, holder="b", alive=frozenset({"paused"}))
    assert trial.ledger.pool[0].deaths == ("a", "b")

    killed(trial, 1, worker="c")

    assert trial.is_in(TaskState.FAILED)
    (letter,) = store.dead_letters(trial.task_id)
    assert letter.workers == ("a", "b", "c")
    assert letter.reason.startswith("3 workers died")


def test_one_incarnation_is_one_death_however_often_it_is_counted(a_task: Make) -> None:
    """Break 8d: one incarnation counted three times."""
    trial = a_task(1)
    a_suspect(trial)

    for _ in range(4):
        killed(trial, 1, worker="flapping")

    assert trial.ledger.pool[0].deaths == ("flapping",)
    assert not trial.ledger.state.is_terminal


@pytest.mark.parametrize("deaths", [1, 2])
def test_a_returned_item_keeps_its_marks(a_task: Make, deaths: int) -> None:
    """Break 8: "returned ranges keep their marks"."""
    trial = a_task(3)
    a_suspect(trial)
    for number in range(deaths):
        killed(trial, 1, worker=f"w{number}")
    marked = trial.ledger.pool[0]

    shard_id, _ = trial.hold(1, worker="draining")
    trial.record(shard_id, given_back=((0, 1),), worker="draining")

    assert trial.ledger.pool[0] == marked
    assert len(marked.deaths) == deaths


def test_returned_items_of_a_dead_workers_shard_stay_a_shard_of_their_own(a_task: Make) -> None:
    """Break 8: the marks of a range survive a drain, a pause and a resume."""
    trial = a_task(32)
    killed(trial, 16, worker="a")
    shard_id, spans = trial.hold(32, worker="b")
    assert spans == ((0, 2),)

    trial.record(shard_id, given_back=((1, 2),), worker="b")
    planned = trial.plan(32)

    assert planned is not None
    assert (planned[1].spans, planned[1].suspect) == (((1, 2),), True)
