"""What a scheduler does next, from one reading of the store: plans, asks and copies. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from app.models.ledger import Ledger
from app.services.balancing import Ask, Copy, asks, copies
from app.services.planning import LONG_SECONDS, Assignment, TaskView, WorkerView, assignments, urgency
from app.services.rates import RateBook, Told
from app.services.sizing import Limits
from app.services.workload import BeatView, Idle, held_by_task, loads, task_view, worker_view


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The tasks that `can` be planned and those that are only out, by id; the workers that live and, of them,
    those that take work; what this scheduler gave each task, and what workers told it."""

    can: Mapping[str, Ledger]
    busy: Mapping[str, Ledger]
    living: Mapping[str, BeatView]
    taking: Mapping[str, BeatView]
    served: Mapping[str, float]
    told: Told
    idle: Mapping[str, Idle]
    now: float


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """In the order in which to carry them out. `views` are the workers with room, as they were before."""

    plans: Sequence[Assignment] = ()
    asks: Sequence[Ask] = ()
    copies: Sequence[Copy] = ()
    views: Mapping[str, WorkerView] = field(default_factory=dict)


def decide(scene: Scene, *, limits: Limits) -> Decisions:
    """Nothing where no worker takes work."""
    if not scene.taking or not (scene.can or scene.busy):
        return Decisions()
    can = _most_pressing(scene, limits)
    ledgers = [*can, *scene.busy.values()]
    held = held_by_task(ledgers)
    tasks = [
        task_view(ledger, held=held, can_plan=True, served=scene.served.get(ledger.task_id, 0.0))
        for ledger in can
    ]
    tasks += [task_view(ledger, held=held, can_plan=False, served=0.0) for ledger in scene.busy.values()]
    rates = RateBook([known.beat for known in scene.living.values()], told=scene.told)
    views = _with_room(scene, tasks, ledgers, most_shards=limits.shards_per_task)
    others = any(map(_is_not_blocked, scene.taking.values()))
    plans = assignments(tasks, views, limits=limits, rates_of=rates.of, others=others)
    back, copied = copies(ledgers, scene.living, workers=views, rates_of=rates.of, now=scene.now)
    idle = _left_idle(views, plans)
    if idle:
        back += asks(ledgers, scene.living, idle=idle, rates_of=rates.of, now=scene.now)
    return Decisions(plans=plans, asks=back, copies=copied, views={view.worker: view for view in views})


def _most_pressing(scene: Scene, limits: Limits) -> list[Ledger]:
    """Of the tasks of which nothing is out as many as all workers may have at once; and all others."""
    if len(scene.can) <= limits.tasks_per_worker * len(scene.taking):
        return [*scene.can.values()]
    most = sum(max(limits.tasks_per_worker, known.beat.slots) for known in scene.taking.values())
    out = [ledger for ledger in scene.can.values() if ledger.shards]
    waiting = (ledger for ledger in scene.can.values() if not ledger.shards)
    served = scene.served
    return out + nsmallest(
        most, waiting, key=lambda led: urgency(led, served=served.get(led.task_id, 0.0), limits=limits)
    )


def _with_room(
    scene: Scene, tasks: Sequence[TaskView], ledgers: Sequence[Ledger], *, most_shards: int
) -> list[WorkerView]:
    """The workers that may take something: of thousands it is few at a time."""
    waiting = [task for task in tasks if task.waiting or task.suspects]
    full = [{name for name, count in task.held.items() if count >= most_shards} for task in waiting]
    is_full = set.intersection(*full) if full else set(scene.taking)
    may_take = {
        name: known
        for name, known in scene.taking.items()
        if name not in is_full or known.has_idle or (name in scene.idle and scene.idle[name].slots)
    }
    load = loads(ledgers, may_take, idle=scene.idle)
    return [
        worker_view(known, load=load[name])
        for name, known in may_take.items()
        if name not in is_full or load[name] < known.beat.slots
    ]


def _is_not_blocked(known: BeatView) -> bool:
    return known.next_free is None or known.next_free < LONG_SECONDS


def _left_idle(views: Sequence[WorkerView], plans: Sequence[Assignment]) -> dict[str, int]:
    """The slots that have nothing to do after these plans."""
    given = Counter[str]()
    for plan in plans:
        given[plan.worker] += plan.count
    free = {view.worker: view.slots - view.load - given[view.worker] for view in views}
    return {worker: slots for worker, slots in free.items() if slots > 0}
