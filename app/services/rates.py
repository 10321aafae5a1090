"""How fast each worker runs a task, from what workers have said. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from app.models.node import Beat

LEAST_RATE, LARGEST_RATE = 1e-9, 1e12

Told = Mapping[str, Mapping[str, float]]
"""Items a second by task and worker."""


@dataclass(frozen=True, kw_only=True)
class TaskRates:
    """Items a second of one task: `known` by worker, of a usual slot, and of all workers together."""

    known: Mapping[str, float]
    by_slot: float
    everyone: float

    def of(self, worker: str, *, slots: int) -> float:
        """A worker that has not run the task is taken to be as fast a slot as the others."""
        return self.known.get(worker, self.by_slot * slots)


def believable(rate: float) -> bool:
    """What nobody can work at is not believed: rates come from others' records."""
    return LEAST_RATE <= rate <= LARGEST_RATE


def task_rates(known: Mapping[str, float], *, slots: Mapping[str, int]) -> TaskRates | None:
    """By the slots of the workers there are; None while nothing is known.

    A worker that has left is taken to have had as many slots as the others.
    """
    believed = {worker: rate for worker, rate in known.items() if believable(rate)}
    if not believed or not slots:
        return None
    every_slot = sum(slots.values())
    usual = every_slot / len(slots)
    by_slot = fmean([rate / slots.get(worker, usual) for worker, rate in believed.items()])
    here = [worker for worker in believed if worker in slots]
    unknown = every_slot - sum(slots[worker] for worker in here)
    everyone = sum(believed[worker] for worker in here) + by_slot * unknown
    return TaskRates(known=believed, by_slot=by_slot, everyone=everyone)


RatesOf = Callable[[str], TaskRates | None]


class RateBook:
    """The rates of tasks over the workers that beat so, each worked out once, when it is asked for.

    `told` is what was heard since, also of workers that have left.
    """

    def __init__(self, beats: Sequence[Beat], *, told: Told) -> None:
        self._beats = beats
        self._told = told
        self._worked_out: dict[str, TaskRates | None] = {}

    def of(self, task_id: str) -> TaskRates | None:
        if task_id not in self._worked_out:
            known = {beat.worker: beat.rates[task_id] for beat in self._beats if task_id in beat.rates}
            known |= self._told.get(task_id, {})
            slots = {beat.worker: max(1, beat.slots) for beat in self._beats}
            self._worked_out[task_id] = task_rates(known, slots=slots)
        return self._worked_out[task_id]
