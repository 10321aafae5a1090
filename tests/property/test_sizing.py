"""Every sizing covers every item exactly once, whatever workers, rates, limits and returns there are."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.ledger import Ledger
from app.models.ranges import Spans, indexes, intersect, size, spans_of_indexes, subtract, take
from app.models.task import TaskState
from app.protocol.plan import Wanted, plan
from app.protocol.record import Report, record
from app.services.planning import Limits, TaskView
from tests.paced_workers import PacedWorker, plans

rates = st.one_of(st.none(), st.floats(0.001, 100_000), st.sampled_from([0.0, 1e-9, 1e12]))
limits = st.builds(
    Limits,
    shards_per_task=st.integers(1, 4),
    tasks_per_worker=st.integers(1, 4),
    shard_seconds=st.floats(0.01, 100),
    most_shards=st.integers(1, 50),
)


@st.composite
def workers(draw: st.DrawFn) -> list[PacedWorker]:
    found = []
    for number in range(draw(st.integers(1, 5))):
        rate = draw(rates)
        known = {} if rate is None else {"t": rate}
        slots = draw(st.sampled_from([1, 1, 2, 3, 8, 64]))
        found.append(
            PacedWorker(
                worker=f"w{number}",
                slots=slots,
                rates=known,
                load=draw(st.one_of(st.just(slots), st.integers(0, 2 * slots))),
                next_free=draw(st.sampled_from([None, 0.01, 0.5, 60.0])),
            )
        )
    return found


@st.composite
def agendas(draw: st.DrawFn) -> tuple[int, Spans, int]:
    """Items in all, those that a run has to do, and its number."""
    total = draw(st.integers(1, 400))
    if draw(st.booleans()):
        return total, ((0, total),), 1
    chosen = draw(st.sets(st.integers(0, total - 1), min_size=1))
    return total, spans_of_indexes(chosen), draw(st.integers(2, 4))


def a_ledger(total: int, agenda: Spans, run: int) -> Ledger:
    return Ledger(
        task_id="t",
        items_total=total,
        created_at=0.0,
        stop=total,
        waiting=size(agenda),
        succeeded=total - size(agenda),
        state=TaskState.SUBMITTED,
        run=run,
    )


def view(ledger: Ledger) -> TaskView:
    held = Counter(shard.worker for shard in ledger.shards.values())
    return TaskView(task_id="t", waiting=ledger.pool_items, items_total=ledger.items_total, held=held)


@settings(max_examples=150, deadline=None)
@given(agendas(), workers(), limits, st.randoms(use_true_random=False))
def test_every_sizing_covers_every_item_exactly_once(
    work: tuple[int, Spans, int], crew: list[PacedWorker], bounds: Limits, random: Random
) -> None:
    total, agenda, run = work
    ledger = a_ledger(total, agenda, run)
    done: Counter[int] = Counter()
    planned = 0
    while not ledger.state.is_terminal:
        chosen = plans([view(ledger)], _loaded(crew, ledger), limits=bounds) if ledger.can_plan else []
        for each in chosen:
            planned += 1
            ledger = _planned(ledger, each.count, worker=each.worker, agenda=agenda, shard=f"s{planned}")
        assert ledger.shards, "nothing is out and nothing was planned"
        shard_id = random.choice(sorted(ledger.shards))
        ledger, finished = _worked(ledger, shard_id, random)
        done.update(indexes(finished))

    assert done == Counter(indexes(agenda))
    assert ledger.state is TaskState.COMPLETED


def _loaded(crew: list[PacedWorker], ledger: Ledger) -> list[PacedWorker]:
    """As busy as what they hold makes them."""
    load = Counter({worker.worker: 0 for worker in crew})
    for shard in ledger.shards.values():
        load[shard.worker] += size(shard.spans)
    return [replace(worker, load=load[worker.worker]) for worker in crew]


def _planned(ledger: Ledger, count: int, *, worker: str, agenda: Spans, shard: str) -> Ledger:
    """As the store would have it: it brings at least `count` items of the agenda from the cursor on."""
    assert count >= 1
    ahead, _ = take(subtract(agenda, ((0, ledger.cursor),)), count)
    wanted = [Wanted(shard_id=shard, worker=worker, count=count, most=99)]
    decision = plan(ledger, wanted=wanted, agenda=ahead, function="f", now=1.0)
    assert 1 <= size(decision.answer[shard].spans) <= count
    assert decision.after is not None
    return decision.after


def _worked(ledger: Ledger, shard_id: str, random: Random) -> tuple[Ledger, Spans]:
    """Some of a shard is done, some of it returned now and then, the rest stays."""
    spans = ledger.shards[shard_id].spans
    done, rest = take(spans, random.randint(1, size(spans)))
    back, _ = take(rest, random.choice((0, 0, size(rest))))
    decision = record(
        ledger, shard_id=shard_id, worker="w", report=Report(done=done, given_back=back), now=1.0
    )
    assert decision.after is not None
    assert intersect(done, back) == ()
    return decision.after, done


tasks = st.lists(
    st.builds(
        TaskView,
        task_id=st.uuids().map(str),
        waiting=st.integers(0, 100_000),
        items_total=st.integers(1, 10_000_000),
        priority=st.integers(-3, 3),
        served=st.floats(0, 1_000),
        created_at=st.floats(0, 1_000),
        held=st.dictionaries(st.sampled_from(["w0", "w1", "gone"]), st.integers(1, 3), max_size=3),
    ),
    max_size=8,
    unique_by=lambda task: task.task_id,
)


@settings(max_examples=200, deadline=None)
@given(tasks, workers(), limits, st.dictionaries(st.sampled_from(["w0", "w3", "gone"]), st.floats(0, 1e9)))
def test_no_plan_gives_more_than_waits_or_than_a_worker_may_hold(
    views: list[TaskView], crew: list[PacedWorker], bounds: Limits, told: Mapping[str, float]
) -> None:
    told_rates = {task.task_id: told for task in views}

    chosen = plans(views, crew, limits=bounds, told=told_rates)

    given_items: Counter[str] = Counter()
    begun: Counter[str] = Counter()
    shards = Counter({(t.task_id, worker): count for t in views for worker, count in t.held.items()})
    for each in chosen:
        assert each.count >= 1
        given_items[each.task_id] += each.count
        shards[each.task_id, each.worker] += 1
        assert shards[each.task_id, each.worker] == each.held
        free = next(w.slots - w.load for w in crew if w.worker == each.worker) - begun[each.worker]
        assert each.held <= bounds.shards_per_task or free > 0
        begun[each.worker] += each.count
    for task in views:
        assert given_items[task.task_id] <= task.waiting
    for worker in crew:
        before = sum(1 for task in views if task.held.get(worker.worker))
        after = sum(1 for (_, holder), count in shards.items() if holder == worker.worker and count)
        assert after <= max(before, bounds.tasks_per_worker, worker.slots)


@settings(max_examples=100, deadline=None)
@given(tasks, workers(), limits)
def test_a_plan_leaves_no_worker_without_what_it_may_take(
    views: list[TaskView], crew: list[PacedWorker], bounds: Limits
) -> None:
    """After it no slot is free while an item waits, but where a worker has its number of tasks."""
    chosen = plans(views, crew, limits=bounds)

    for task in views:
        left = task.waiting - sum(each.count for each in chosen if each.task_id == task.task_id)
        for worker in crew:
            mine = [each for each in chosen if each.worker == worker.worker]
            held = {view.task_id for view in views if view.held.get(worker.worker)}
            held |= {each.task_id for each in mine}
            has_all_its_tasks = len(held) >= max(bounds.tasks_per_worker, worker.slots)
            free = worker.slots - worker.load - sum(each.count for each in mine)
            assert left == 0 or free <= 0 or (has_all_its_tasks and task.task_id not in held)
