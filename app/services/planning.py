"""Who gets the next items of which task, and how many: pure functions of what is known.

Suspects: what dead workers held goes out first and at once, each piece as it is, evenly over the slots.
Room: a worker takes at most `shards_per_task` shards of one task (more while it has free slots), of at most
`tasks_per_worker` tasks, or of as many as it has slots.
Fairness: highest priority first, then the task served least (stride scheduling: Waldspurger and Weihl,
1995; the pass of a task is the work given out, in turns of `shard_seconds`), then the oldest.
Where: workers with free slots first, then those where one is free in a moment, those with long items last.
How many: see `sizing`.
"""

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from app.models.ledger import Ledger
from app.services.rates import RatesOf, TaskRates
from app.services.sizing import SHORT, SHORT_BEHIND_OTHERS, first_size, size_by_rate
from app.services.sizing import Limits as Limits

UNKNOWN_ITEM_SECONDS = 0.05
SOON_SECONDS = 0.25
LONG_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class WorkerView:
    """A live worker that takes work.

    `load` counts the items that run or wait there; a slot is free again in `next_free` seconds, as far as
    that is known.
    """

    worker: str
    slots: int
    load: int = 0
    next_free: float | None = None


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
    """Plan `count` items of the task for the worker, which has then `held` shards of it.

    They take it `cost` seconds, by what is known, or else by a guess.
    """

    task_id: str
    worker: str
    count: int
    held: int = 1
    cost: float = field(default=0.0, compare=False)


def assignments(
    tasks: Sequence[TaskView],
    workers: Sequence[WorkerView],
    *,
    limits: Limits,
    rates_of: RatesOf,
    others: bool = False,
) -> list[Assignment]:
    """What to plan now, in order, until no worker has room or nothing waits.

    `workers` are those that may have room. `others`: there are more, not all of them busy with long items.
    """
    pieces = _suspects(tasks, workers, limits)
    return [*pieces, *_Round(tasks, workers, limits=limits, rates_of=rates_of, others=others).give_out()]


def _suspects(tasks: Sequence[TaskView], workers: Sequence[WorkerView], limits: Limits) -> list[Assignment]:
    """Each piece to the worker with the fewest of them a slot."""
    suspicious = sorted(
        (task for task in tasks if task.suspects),
        key=lambda task: urgency(task, served=task.served, limits=limits),
    )
    if not workers or not suspicious:
        return []
    load = {w.worker: sum(task.suspects_held.get(w.worker, 0) for task in tasks) for w in workers}
    chosen: list[Assignment] = []
    for task in suspicious:
        for count in task.suspects:
            worker = min(workers, key=lambda w: (load[w.worker] / w.slots, w.worker)).worker
            load[worker] += 1
            chosen.append(Assignment(task_id=task.task_id, worker=worker, count=count))
    return chosen


Urgency = tuple[int, int, float]


def urgency(task: TaskView | Ledger, *, served: float, limits: Limits) -> Urgency:
    """The less, the sooner: by priority, by the turns that a task has had, and by age.

    Within a turn one task goes on: of a thousand small ones the oldest are finished, rather than all begun.
    """
    return -task.priority, int(served / limits.shard_seconds), task.created_at


def _cost(worker: WorkerView, count: int, rates: TaskRates | None) -> float:
    if rates is None:
        return count / worker.slots * UNKNOWN_ITEM_SECONDS
    return count / rates.of(worker.worker, slots=worker.slots)


@dataclass
class _Task:
    """A task while a round goes on."""

    view: TaskView
    limits: Limits
    waiting: int
    served: float
    added: dict[str, int] = field(default_factory=dict)
    slots_without: int | None = None

    def held_by(self, worker: str) -> int:
        return self.view.held.get(worker, 0) + self.added.get(worker, 0)

    @property
    def place(self) -> tuple[Urgency, str]:
        """Where it stands in the order of all."""
        return urgency(self.view, served=self.served, limits=self.limits), self.view.task_id


class _Worker:
    """A worker while a round goes on: how many slots are free, and how many `ready`: free now or soon."""

    def __init__(self, view: WorkerView) -> None:
        self.view = view
        self.shards = 0
        self.tasks: set[str] = set()
        next_free = view.next_free
        is_soon = next_free is not None and next_free <= SOON_SECONDS
        self._is_blocked = is_blocked(view)
        self._load = view.load
        self._before_ready = 0 if is_soon else view.load
        self.free = max(0, view.slots - view.load)
        self.ready = max(0, view.slots - self._before_ready)

    def give(self, task_id: str, count: int) -> None:
        slots = self.view.slots
        self._load += count
        self._before_ready += count
        self.shards += 1
        self.tasks.add(task_id)
        self.free = slots - self._load if self._load < slots else 0
        self.ready = slots - self._before_ready if self._before_ready < slots else 0

    @property
    def is_blocked(self) -> bool:
        return self._is_blocked and not self.free

    @property
    def rank(self) -> tuple[int, float, float, str]:
        """By when an item begins there: at once, soon, nobody knows, or after a long one; then by load."""
        slots = self.view.slots
        if self.free:
            return 0, self._load / slots, self.shards / slots, self.view.worker
        return 1 if self.ready else 3 if self._is_blocked else 2, 1.0, self.shards / slots, self.view.worker


def is_blocked(worker: WorkerView) -> bool:
    """Whether every slot is busy with a long item."""
    return worker.next_free is not None and worker.next_free >= LONG_SECONDS and worker.load >= worker.slots


class _Round:
    """One call of `assignments`. The work grows with the number of workers and with what is chosen."""

    def __init__(
        self,
        tasks: Sequence[TaskView],
        workers: Sequence[WorkerView],
        *,
        limits: Limits,
        rates_of: RatesOf,
        others: bool,
    ) -> None:
        self._limits = limits
        self._rates_of = rates_of
        waiting = [task for task in tasks if task.waiting > 0]
        self._workers = {view.worker: _Worker(view) for view in workers if self._may_take(view, waiting)}
        for task in tasks:
            self._count_held(task)
        self._tasks = {
            task.task_id: _Task(view=task, limits=limits, waiting=task.waiting, served=task.served)
            for task in waiting
        }
        self._order = sorted((task.place, task) for task in self._tasks.values())
        self._slots = sum(worker.view.slots for worker in self._workers.values())
        self._free = sum(worker.free for worker in self._workers.values())
        self._ready = sum(worker.ready for worker in self._workers.values())
        self._all_blocked = not others and all(is_blocked(view) for view in workers)

    def _may_take(self, view: WorkerView, tasks: Sequence[TaskView]) -> bool:
        if view.load < view.slots:
            return bool(tasks)
        most = self._limits.shards_per_task
        return any(task.held.get(view.worker, 0) < most for task in tasks)

    def _count_held(self, task: TaskView) -> None:
        for name, count in task.held.items():
            worker = self._workers.get(name)
            if worker is not None and count:
                worker.shards += count
                worker.tasks.add(task.task_id)

    def give_out(self) -> list[Assignment]:
        """To the worker where items begin first, until nobody takes any more."""
        chosen: list[Assignment] = []
        queue = [worker.rank for worker in self._workers.values()]
        heapq.heapify(queue)
        while queue and self._order:
            worker = self._workers[queue[0][-1]]
            found = self._next_for(worker)
            if found is None:
                heapq.heappop(queue)
            else:
                chosen.append(self._given(*found, worker))
                heapq.heapreplace(queue, worker.rank)
        return chosen

    def _next_for(self, worker: _Worker) -> tuple[int, int] | None:
        """The most urgent task of which the worker may have something: its place in the order, and how much.

        Nothing where that task had better wait for a free slot: no other should take the slot before it.
        """
        for task in self._open_to(worker):
            if task.held_by(worker.view.worker) >= self._limits.shards_per_task and not worker.free:
                continue
            count = self._size(task, worker)
            return (bisect_left(self._order, (task.place,)), count) if count else None
        return None

    def _open_to(self, worker: _Worker) -> Iterable[_Task]:
        """The tasks with waiting items, the most urgent first: those it has where it may have no more."""
        if len(worker.tasks) < max(self._limits.tasks_per_worker, worker.view.slots):
            return (task for _, task in self._order)
        known = (self._tasks.get(name) for name in worker.tasks)
        return sorted((task for task in known if task is not None and task.waiting), key=lambda t: t.place)

    def _size(self, task: _Task, worker: _Worker) -> int:
        if worker.is_blocked and not self._all_blocked:
            return 0
        rates = self._rates_of(task.view.task_id)
        if rates is None:
            return self._first_size(task, worker)
        by_rate = size_by_rate(
            task.waiting,
            items_total=task.view.items_total,
            own=rates.of(worker.view.worker, slots=worker.view.slots),
            everyone=rates.everyone,
            limits=self._limits,
        )
        if not worker.free:
            return min(task.waiting, int(by_rate))
        begin_at_once = min(worker.free, ceil(task.waiting * worker.free / self._free))
        return min(task.waiting, max(begin_at_once, round(by_rate)))

    def _first_size(self, task: _Task, worker: _Worker) -> int:
        if worker.ready:
            ready = self._ready
            return first_size(task.waiting, mine=worker.ready, without=ready, all_slots=ready, short=SHORT)
        if task.slots_without is None:
            without = (other for name, other in self._workers.items() if not task.held_by(name))
            task.slots_without = sum(other.view.slots for other in without)
        return first_size(
            task.waiting,
            mine=worker.view.slots,
            without=self._slots if task.held_by(worker.view.worker) else task.slots_without,
            all_slots=self._slots,
            short=SHORT_BEHIND_OTHERS,
        )

    def _given(self, place: int, count: int, worker: _Worker) -> Assignment:
        _, task = self._order.pop(place)
        name, view = worker.view.worker, worker.view
        self._free -= worker.free
        self._ready -= worker.ready
        worker.give(task.view.task_id, count)
        self._free += worker.free
        self._ready += worker.ready
        task.waiting -= count
        cost = _cost(view, count, self._rates_of(task.view.task_id))
        task.served += cost
        if task.slots_without is not None and not task.held_by(name):
            task.slots_without -= view.slots
        task.added[name] = task.added.get(name, 0) + 1
        if task.waiting:
            insort(self._order, (task.place, task))
        return Assignment(
            task_id=task.view.task_id, worker=name, count=count, held=task.held_by(name), cost=cost
        )
