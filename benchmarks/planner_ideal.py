"""The perfect greedy scheduler: item by item, in list order, each to the next free slot, in no time."""

import heapq
from collections.abc import Sequence
from functools import partial

from benchmarks.planner_mixes import FOREVER, SimulatedTask, SimulatedWorker


def ideal_seconds(task: SimulatedTask, workers: Sequence[SimulatedWorker]) -> float:
    """From the first begin to the last end. What a worker runs as it dies begins again at once elsewhere.

    What hangs is not waited for: it takes another slot the time of the item.
    """
    numbered = enumerate(worker for worker in workers for _ in range(worker.slots))
    slots = [(worker.joins_at, number, worker) for number, worker in numbered]
    heapq.heapify(slots)
    waiting = list(range(task.items))[::-1]
    end = 0.0
    while waiting:
        if not slots:
            return FOREVER
        begin, number, worker = slots[0]
        done = begin + task.seconds(waiting[-1]) * worker.slowness
        if done > worker.dies_at:
            heapq.heappop(slots)
            continue
        waiting.pop()
        heapq.heapreplace(slots, (done, number, worker))
        end = max(end, done)
    return end


def _shifted(task: SimulatedTask, first: int, index: int) -> float:
    return task.seconds(first + index)


def even_split_seconds(task: SimulatedTask, workers: Sequence[SimulatedWorker]) -> float:
    """What it takes where each worker gets an equal part of the list at the start."""
    parts = len(workers)
    ends = []
    for number, worker in enumerate(workers):
        first, stop = task.items * number // parts, task.items * (number + 1) // parts
        part = SimulatedTask(name=task.name, items=stop - first, seconds=partial(_shifted, task, first))
        ends.append(ideal_seconds(part, [worker]))
    return min(FOREVER, max(ends))
