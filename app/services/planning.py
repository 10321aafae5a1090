"""Who gets the next items of which task, and how many: pure functions of what is known.

Suspects: what dead workers held goes out first and at once, each piece as it is, evenly over the slots.
Room: a worker takes at most `shards_per_task` shards of one task, of at most `tasks_per_worker` tasks, or of
as many as it has slots.
Fairness: highest priority first, then the task served least (stride scheduling: Waldspurger and Weihl,
1995; the pass of a task is the work given out, in seconds where its rate is known, else in items).
Sizes: guided self-scheduling (Polychronopoulos and Kuck, 1987) under a bound of `shard_seconds` of work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from statistics import fmean

SHORT_LIST_ITEMS_PER_SLOT = 2
LEAST_RATE, LARGEST_RATE = 1e-9, 1e12


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of planning; times in seconds."""

    shards_per_task: int = 2
    tasks_per_worker: int = 4
    shard_seconds: float = 2.0
    most_shards: int = 20_000


@dataclass(frozen=True, kw_only=True)
class WorkerView:
    """A live worker that takes work. `rates` are its items a second by task."""

    worker: str
    slots: int
    rates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """A task that has not ended. `waiting` counts the items to plan, beside `suspects`: pieces of so many.

    `held` counts each worker's shards, `suspects_held` those that hold suspects.
    """

    task_id: str
    waiting: int
    items_total: int
    priority: int = 0
    served: float = 0.0
    created_at: float = 0.0
    held: Mapping[str, int] = field(default_factory=dict)
    suspects: Sequence[int] = ()
    suspects_held: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Plan `count` items of the task for the worker."""

    task_id: str
    worker: str
    count: int


def assignments(
    tasks: Sequence[TaskView],
    workers: Sequence[WorkerView],
    *,
    limits: Limits,
    rates: Mapping[str, Mapping[str, float]] | None = None,
) -> list[Assignment]:
    """What to plan now, in order, until no worker has room or nothing waits.

    `rates` (by task, by worker) adds what is known of workers that are not among `workers`.
    """
    left = {task.task_id: task for task in tasks}
    chosen = _suspects(tasks, workers)
    idle = {worker.worker: worker for worker in workers}
    load = {name: sum(task.held.get(name, 0) for task in tasks) for name in idle}
    while idle:
        worker = min(idle.values(), key=lambda w: (load[w.worker] / w.slots, w.worker))
        task = _next_task(worker, list(left.values()), limits)
        if task is None:
            del idle[worker.worker]
            continue
        count = shard_size(
            task, worker, workers=workers, limits=limits, rates=(rates or {}).get(task.task_id, {})
        )
        chosen.append(Assignment(task_id=task.task_id, worker=worker.worker, count=count))
        load[worker.worker] += 1
        left[task.task_id] = _after(task, worker, count, rates=(rates or {}).get(task.task_id, {}))
    return chosen


def _suspects(tasks: Sequence[TaskView], workers: Sequence[WorkerView]) -> list[Assignment]:
    """Each piece to the worker with the fewest of them a slot."""
    if not workers:
        return []
    load = {w.worker: sum(task.suspects_held.get(w.worker, 0) for task in tasks) for w in workers}
    chosen: list[Assignment] = []
    for task in sorted(tasks, key=_urgency):
        for count in task.suspects:
            worker = min(workers, key=lambda w: (load[w.worker] / w.slots, w.worker)).worker
            load[worker] += 1
            chosen.append(Assignment(task_id=task.task_id, worker=worker, count=count))
    return chosen


def shard_size(
    task: TaskView,
    worker: WorkerView,
    *,
    workers: Sequence[WorkerView],
    limits: Limits,
    rates: Mapping[str, float],
) -> int:
    """How many items of `task` for `worker`: at least 1, at most what waits."""
    known = _rates_of(task.task_id, workers, told=rates)
    if not known:
        return _first_size(task, worker, workers=workers)
    by_slot = _rate_by_slot(known, workers)
    own = known.get(worker.worker, by_slot * worker.slots)
    everyone = sum(known.get(w.worker, by_slot * w.slots) for w in workers)
    wanted = max(1, round(own * limits.shard_seconds), ceil(task.items_total / limits.most_shards))
    guided = max(1, ceil(task.waiting * own / (2 * everyone)))
    return min(task.waiting, wanted, guided)


def _first_size(task: TaskView, worker: WorkerView, *, workers: Sequence[WorkerView]) -> int:
    """While no rate is known: a short list evenly over those that have none of it yet, else a probe."""
    slots = sum(w.slots for w in workers)
    if task.waiting > SHORT_LIST_ITEMS_PER_SLOT * slots:
        return min(task.waiting, worker.slots)
    if not task.held.get(worker.worker):
        slots = sum(w.slots for w in workers if not task.held.get(w.worker))
    even = ceil(task.waiting * worker.slots / slots)
    return min(task.waiting, even, SHORT_LIST_ITEMS_PER_SLOT * worker.slots)


def _rates_of(task_id: str, workers: Sequence[WorkerView], *, told: Mapping[str, float]) -> dict[str, float]:
    """Items a second by worker. What nobody can work at is not believed: it comes from others' records."""
    found = {w.worker: w.rates[task_id] for w in workers if task_id in w.rates} | dict(told)
    return {worker: rate for worker, rate in found.items() if LEAST_RATE <= rate <= LARGEST_RATE}


def _rate_by_slot(known: Mapping[str, float], workers: Sequence[WorkerView]) -> float:
    """The mean over the workers; one that is not here is taken to have as many slots as the others."""
    slots = {w.worker: w.slots for w in workers}
    usual = fmean(slots.values())
    return fmean(rate / slots.get(worker, usual) for worker, rate in known.items())


def _next_task(worker: WorkerView, tasks: Sequence[TaskView], limits: Limits) -> TaskView | None:
    has = {task.task_id for task in tasks if task.held.get(worker.worker)}
    most_tasks = max(limits.tasks_per_worker, worker.slots)
    fitting = [
        task
        for task in tasks
        if task.waiting > 0
        and task.held.get(worker.worker, 0) < limits.shards_per_task
        and (task.task_id in has or len(has) < most_tasks)
    ]
    if not fitting:
        return None
    return min(fitting, key=_urgency)


def _urgency(task: TaskView) -> tuple[int, float, float, str]:
    return -task.priority, task.served, task.created_at, task.task_id


def cost(task_id: str, worker: WorkerView, count: int, *, rates: Mapping[str, float]) -> float:
    """The seconds of the worker that `count` items take, or, not knowing, the items a slot."""
    rate = _rates_of(task_id, [worker], told=rates).get(worker.worker)
    return count / (rate or worker.slots)


def _after(task: TaskView, worker: WorkerView, count: int, *, rates: Mapping[str, float]) -> TaskView:
    return replace(
        task,
        waiting=task.waiting - count,
        served=task.served + cost(task.task_id, worker, count, rates=rates),
        held={**task.held, worker.worker: task.held.get(worker.worker, 0) + 1},
    )
