"""Workers as the planner sees them, each with the rates that its beat would tell, and plans for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.models.node import Beat
from app.services.planning import Assignment, Limits, TaskView, WorkerView, assignments
from app.services.rates import RateBook, Told


@dataclass(frozen=True, kw_only=True)
class PacedWorker(WorkerView):
    """`rates` are its items a second by task."""

    rates: Mapping[str, float] = field(default_factory=dict)


def plans(
    tasks: Sequence[TaskView], workers: Sequence[PacedWorker], *, limits: Limits, told: Told | None = None
) -> list[Assignment]:
    """What is planned where these are all workers, and `told` was heard since their beats."""
    beats = [
        Beat(worker=worker.worker, name=worker.worker, slots=worker.slots, rates=dict(worker.rates))
        for worker in workers
    ]
    return assignments(tasks, workers, limits=limits, rates_of=RateBook(beats, told=told or {}).of)
