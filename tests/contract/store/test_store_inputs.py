"""Inputs and results as they are stored and found, alike on the twin and on Redis."""

from collections.abc import Callable

import msgspec
import pytest

from app.errors import TaskConflict
from app.models.item_range import ItemRange
from app.models.ranges import indexes
from app.models.result import Outcome
from app.protocol.control import Action
from app.protocol.submit import Submitted
from app.repositories.ports import Store
from tests.contract.store.trial import Trial

Make = Callable[[int], Trial]


@pytest.mark.parametrize(
    "spans",
    [
        ((0, 1),),
        ((9, 11),),
        ((0, 35),),
        ((34, 35),),
        ((3, 4), (5, 6), (12, 13), (29, 31)),
        ((1, 2), (8, 25), (26, 27), (33, 35)),
        (),
    ],
)
def test_items_are_found_over_blocks_in_order(
    a_task: Make, store: Store, spans: tuple[tuple[int, int], ...]
) -> None:
    trial = a_task(35)

    assert store.items(trial.spec.upload, spans) == [f"item-{i}" for i in indexes(spans)]


def test_items_can_be_read_before_the_submit_too(store: Store) -> None:
    trial = Trial(store, items=15)
    trial.upload()

    assert store.items(trial.spec.upload, ((8, 12),)) == ["item-8", "item-9", "item-10", "item-11"]


@pytest.mark.parametrize("span", [(35, 36), (30, 40), (100, 101)])
def test_an_item_that_is_not_there_is_an_error(a_task: Make, store: Store, span: tuple[int, int]) -> None:
    trial = a_task(35)

    with pytest.raises(KeyError):
        store.items(trial.spec.upload, (span,))


def test_a_gap_between_blocks_is_an_error(store: Store) -> None:
    trial = Trial(store, items=30)
    store.put_blocks(trial.spec.upload, [(0, ["a"] * 10), (20, ["c"] * 10)])

    assert store.items(trial.spec.upload, ((9, 10), (20, 21))) == ["a", "c"]
    with pytest.raises(KeyError):
        store.items(trial.spec.upload, ((9, 10), (15, 16)))


def test_an_unknown_upload_is_an_error(store: Store) -> None:
    trial = Trial(store, items=1)

    with pytest.raises(KeyError):
        store.items(trial.spec.upload, ((0, 1),))


@pytest.mark.parametrize(
    ("spans", "most_blocks", "count"),
    [
        (((0, 35),), 1, 10),
        (((0, 35),), 2, 20),
        (((0, 35),), 9, 35),
        (((5, 35),), 2, 15),
        (((3, 4), (5, 6), (12, 13), (29, 31)), 1, 2),
        (((3, 4), (5, 6), (12, 13), (29, 31)), 3, 4),
        (((3, 4), (5, 6), (12, 13), (29, 31)), 4, 5),
        ((), 1, 0),
    ],
)
def test_only_so_many_blocks_are_read_where_that_is_asked(
    a_task: Make, store: Store, spans: tuple[tuple[int, int], ...], most_blocks: int, count: int
) -> None:
    trial = a_task(35)

    found = store.items(trial.spec.upload, spans, most_blocks=most_blocks)

    assert found == [f"item-{i}" for i in indexes(spans)][:count]


def test_what_is_missing_after_the_last_block_is_told_when_it_is_come_to(a_task: Make, store: Store) -> None:
    trial = a_task(20)

    assert len(store.items(trial.spec.upload, ((0, 25),), most_blocks=2)) == 20
    with pytest.raises(KeyError):
        store.items(trial.spec.upload, ((20, 25),), most_blocks=2)
    with pytest.raises(KeyError):
        store.items(trial.spec.upload, ((0, 25),), most_blocks=3)


def test_a_block_put_twice_is_there_once(store: Store) -> None:
    trial = Trial(store, items=10)
    trial.upload()
    trial.upload()

    assert trial.operations.submit(trial.spec, upload_blocks=1)
    assert len(store.items(trial.spec.upload, ((0, 10),))) == 10


def a_task_by_rule(store: Store, numbers: range) -> Trial:
    trial = Trial(store, items=len(numbers))
    name = ItemRange.of(numbers).upload_name(trial.task_id)
    trial.spec = msgspec.structs.replace(trial.spec, upload=name)
    assert trial.operations.submit(trial.spec, upload_blocks=0) is Submitted.NEW
    return trial


@pytest.mark.parametrize("numbers", [range(35), range(10, 0, -3), range(-(2**62), 2**62, 2**40), range(5, 6)])
def test_items_by_rule_are_made_when_they_are_read(store: Store, numbers: range) -> None:
    trial = a_task_by_rule(store, numbers)
    last = len(numbers) - 1

    assert store.items(trial.spec.upload, ((0, 1), (last, last + 1))) == [str(numbers[0]), str(numbers[last])]
    assert store.items(trial.spec.upload, ()) == []
    with pytest.raises(KeyError):
        store.items(trial.spec.upload, ((last, last + 2),))


def test_a_task_by_rule_runs_like_others(store: Store) -> None:
    trial = a_task_by_rule(store, range(100, 200))
    _, spans = trial.hold(30)

    assert store.items(trial.spec.upload, spans) == [str(number) for number in range(100, 130)]
    trial.finish(failed=((40, 41),))
    trial.control(Action.CANCEL)
    assert trial.balances()


def test_items_come_back_exactly_as_they_were(store: Store) -> None:
    trial = Trial(store, items=5)
    odd = ["", " a\n", "\x00\x7f", "Ünïcödé 🎉", "x" * 200_000]
    store.put_blocks(trial.spec.upload, [(0, odd)])

    assert store.items(trial.spec.upload, ((0, 5),)) == odd


def test_results_are_found_by_item_whatever_order_they_came_in(a_task: Make, store: Store) -> None:
    trial = a_task(100)
    shard_id, _ = trial.hold(100)
    for span in ((60, 100), (0, 20), (40, 60), (20, 40)):
        trial.record(shard_id, (span,))

    def found(start: int, limit: int) -> list[tuple[int, int]]:
        return [(e.start, e.stop) for e in store.entries(trial.task_id, start=start, limit=limit)]

    assert found(0, 9) == [(0, 20), (20, 40), (40, 60), (60, 100)]
    assert found(19, 2) == [(0, 20), (20, 40)]
    assert found(20, 1) == [(20, 40)]
    assert found(75, 9) == [(60, 100)]
    assert found(100, 9) == []


def test_each_entry_names_a_block_that_holds_its_results(a_task: Make, store: Store) -> None:
    trial = a_task(10)
    shard_id, _ = trial.hold(10)
    trial.record(shard_id, ((0, 4),))
    trial.record(shard_id, ((2, 10),), repeated=True)

    first, second = store.entries(trial.task_id, start=0, limit=9)

    assert (second.start, second.stop) == (4, 10)
    assert first.block is not None
    assert store.block(trial.task_id, first.block) == b"0 1 2 3\xff"
    assert store.block(trial.task_id, "another") is None


def test_a_block_of_which_nothing_counts_is_not_stored(a_task: Make, store: Store) -> None:
    trial = a_task(10)
    shard_id, _ = trial.hold(10)
    trial.record(shard_id, ((0, 4),))
    trial.record(shard_id, ((0, 4),), repeated=True)

    assert len(store.entries(trial.task_id, start=0, limit=9)) == 1


def test_entries_of_all_runs_are_told_by_first_item_then_run(a_task: Make, store: Store) -> None:
    trial = a_task(50)
    shard_id, _ = trial.hold(50)
    trial.record(shard_id, ((0, 50),), failed=((10, 12), (30, 31)))
    trial.control(Action.RETRY)
    trial.finish(failed=((30, 31),))
    trial.control(Action.RETRY)
    trial.finish()

    def found(start: int, limit: int) -> list[tuple[int, int, int]]:
        return [(e.start, e.stop, e.run) for e in store.entries(trial.task_id, start=start, limit=limit)]

    assert found(0, 9) == [(0, 50, 1), (10, 12, 2), (30, 31, 2), (30, 31, 3)]
    assert found(11, 9) == [(0, 50, 1), (10, 12, 2), (30, 31, 2), (30, 31, 3)]
    assert found(12, 2) == [(0, 50, 1), (30, 31, 2)]
    assert found(31, 9) == [(0, 50, 1)]


def test_a_lost_item_has_an_entry_without_a_block_beside_the_others(a_task: Make, store: Store) -> None:
    trial = a_task(2)
    shard_id, _ = trial.hold(2)
    trial.record(shard_id, ((1, 2),))
    trial.revoke(shard_id)
    for worker in ("a", "b", "c"):
        shard_id, _ = trial.hold(1, worker=worker)
        trial.revoke(shard_id, holder=worker)

    lost, ran = store.entries(trial.task_id, start=0, limit=9)

    assert (lost.start, lost.outcome, lost.block) == (0, Outcome.LOST, None)
    assert (ran.start, ran.outcome) == (1, None)


def test_an_item_lost_in_two_runs_has_an_entry_in_each(a_task: Make, store: Store) -> None:
    trial = a_task(1)
    for _ in range(2):
        for worker in ("before", "a", "b", "c"):
            shard_id, _ = trial.hold(1, worker=worker)
            trial.revoke(shard_id, holder=worker)
        trial.control(Action.RETRY)

    entries = store.entries(trial.task_id, start=0, limit=9)

    assert [(e.start, e.stop, e.run, e.outcome) for e in entries] == [
        (0, 1, 1, Outcome.LOST),
        (0, 1, 2, Outcome.LOST),
    ]
    assert [letter.run for letter in store.dead_letters(trial.task_id)] == [1, 2]


def test_inputs_may_come_with_the_commit(store: Store) -> None:
    trial = Trial(store, items=25)
    inputs = [(0, [f"item-{i}" for i in range(20)]), (20, [f"item-{i}" for i in range(20, 25)])]

    first = trial.operations.submit(trial.spec, upload_blocks=0, inputs=inputs, now=store.time())

    assert first is Submitted.NEW
    assert store.items(trial.spec.upload, ((0, 1), (18, 22))) == [f"item-{i}" for i in (0, 18, 19, 20, 21)]
    assert trial.operations.submit(trial.spec, upload_blocks=0, inputs=inputs) is Submitted.KNOWN


def test_a_task_taken_for_new_that_is_not_is_the_same_one_or_refused(a_task: Make, store: Store) -> None:
    trial = a_task(5)
    before = trial.stored
    other = msgspec.structs.replace(trial.spec, fingerprint="e" * 64)
    inputs = [(0, ["other"])]

    same = trial.operations.submit(trial.spec, upload_blocks=0, inputs=inputs, now=store.time())
    with pytest.raises(TaskConflict):
        trial.operations.submit(other, upload_blocks=0, inputs=inputs, now=store.time())

    assert same is Submitted.KNOWN
    assert trial.stored.version == before.version
    assert store.items(trial.spec.upload, ((0, 1),)) == ["item-0"]
