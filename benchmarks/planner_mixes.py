"""What the simulated cluster is given: workers that join, die or are slow, and tasks of timed items."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

FOREVER = 1e9


@dataclass(frozen=True, kw_only=True)
class SimulatedWorker:
    """Its items take `slowness` times as long; it takes work from `joins_at` to `dies_at` seconds."""

    name: str
    slots: int = 4
    slowness: float = 1.0
    joins_at: float = 0.0
    dies_at: float = FOREVER


@dataclass(frozen=True, kw_only=True)
class SimulatedTask:
    """`seconds` of each item by its index; one of `hangs` never ends where it is begun first."""

    name: str
    items: int
    seconds: Callable[[int], float]
    submitted_at: float = 0.0
    priority: int = 0
    idempotent: bool = False
    hangs: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Mix:
    """One run: what is asked of the cluster. `only` is the task whose end is waited for, all by default."""

    workers: Sequence[SimulatedWorker]
    tasks: Sequence[SimulatedTask]
    only: str | None = None


def crew(count: int, *, slots: int = 4, slow: int = 0) -> list[SimulatedWorker]:
    """Equal workers, of which the first `slow` ones take ten times as long."""
    return [
        SimulatedWorker(name=f"w{number:05}", slots=slots, slowness=10.0 if number < slow else 1.0)
        for number in range(count)
    ]


def crew_but_one_slot(count: int, task: SimulatedTask, index: int) -> list[SimulatedWorker]:
    """Equal workers, of which one slot is lost from when an item of equal ones begins."""
    workers = crew(count)
    slots = sum(worker.slots for worker in workers)
    lost = SimulatedWorker(name="lost", slots=1, dies_at=index // slots * task.seconds(index))
    return [*workers[:-1], replace(workers[-1], slots=workers[-1].slots - 1), lost]


def lognormal(count: int, *, mean: float, sigma: float, seed: int) -> list[float]:
    """Item times of this mean, the shortest first."""
    random = Random(seed)
    times = sorted(random.lognormvariate(0.0, sigma) for _ in range(count))
    scale = mean * count / sum(times)
    return [time * scale for time in times]
