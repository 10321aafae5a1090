"""Workers as the planner sees them, each with the rates that its beat would tell, and plans for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
    book = RateBook(
        {worker.worker: worker.rates for worker in workers},
        slots={worker.worker: worker.slots for worker in workers},
        told=told or {},
    )
    return assignments(tasks, workers, limits=limits, rates_of=book.of)
