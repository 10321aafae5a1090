"""What a scheduler does next, from one reading of the store: plans, asks and copies. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.models.ledger import Ledger
from app.models.node import Beat
from app.services.balancing import Ask, Copy, asks, copies
from app.services.planning import Assignment, WorkerView, assignments
from app.services.rates import TaskRates, Told, task_rates
from app.services.sizing import Limits
from app.services.workload import Idle, task_view, worker_views


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The tasks that `can` be planned and those that are only out, by id; the workers that live and, of them,
    those that take work; what this scheduler gave each task, and what workers told it."""

    can: Mapping[str, Ledger]
    busy: Mapping[str, Ledger]
    living: Mapping[str, Beat]
    taking: Mapping[str, Beat]
    served: Mapping[str, float]
    told: Told
    idle: Mapping[str, Idle]
    now: float


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """In the order in which to carry them out. `views` are the workers as they were before."""

    plans: Sequence[Assignment] = ()
    asks: Sequence[Ask] = ()
    copies: Sequence[Copy] = ()
    views: Mapping[str, WorkerView] = field(default_factory=dict)


def decide(scene: Scene, *, limits: Limits) -> Decisions:
    """Nothing where no worker takes work."""
    if not scene.taking:
        return Decisions()
    ledgers = [*scene.can.values(), *scene.busy.values()]
    views = worker_views(scene.taking.values(), ledgers, idle=scene.idle)
    tasks = [
        task_view(ledger, can_plan=task_id in scene.can, served=scene.served.get(task_id, 0.0))
        for task_id, ledger in (*scene.can.items(), *scene.busy.items())
    ]
    plans = assignments(tasks, views, limits=limits, rates=scene.told)
    asked, copied = _balance(scene, ledgers, views, plans)
    return Decisions(plans=plans, asks=asked, copies=copied, views={view.worker: view for view in views})


def _balance(
    scene: Scene, ledgers: Sequence[Ledger], views: Sequence[WorkerView], plans: Sequence[Assignment]
) -> tuple[list[Ask], list[Copy]]:
    """What the plans leave idle gets from the others."""
    given: dict[str, int] = {}
    for plan in plans:
        given[plan.worker] = given.get(plan.worker, 0) + plan.count
    free = {view.worker: view.slots - view.load - given.get(view.worker, 0) for view in views}
    idle = {worker: slots for worker, slots in free.items() if slots > 0}
    rates = _Rates(scene)
    to_return, copied = copies(ledgers, scene.living, workers=views, rates_of=rates.of, now=scene.now)
    if idle:
        to_return += asks(ledgers, scene.living, idle=idle, rates_of=rates.of, now=scene.now)
    return to_return, copied


class _Rates:
    """The rates of tasks over all living workers, each worked out once, when it is asked for."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._slots = {worker: max(1, beat.slots) for worker, beat in scene.living.items()}
        self._known: dict[str, TaskRates | None] = {}

    def of(self, task_id: str) -> TaskRates | None:
        if task_id not in self._known:
            living = self._scene.living.values()
            beaten = {beat.worker: beat.rates[task_id] for beat in living if task_id in beat.rates}
            known = beaten | dict(self._scene.told.get(task_id, {}))
            self._known[task_id] = task_rates(known, slots=self._slots)
        return self._known[task_id]
