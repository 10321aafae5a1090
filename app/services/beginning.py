"""Planning a short task with its submit, where somebody waits for it and a worker has nothing to do."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from threading import Lock
from typing import TypeVar

from app.models.node import Beat
from app.protocol.plan import Wanted
from app.services.liveness import alive, takers
from app.services.planning import Limits, TaskView, WorkerView, assignments
from app.services.rates import TaskRates

T = TypeVar("T")

MOST_ITEMS = 100
MOST_REMEMBERED = 1_000


class Beginnings:
    """Chooses first shards by beats that may be half a second old, and by what it has given out itself.

    Nothing is given to a worker that may be busy: what cannot all begin at once is left to the planner.
    Thread-safe.
    """

    def __init__(
        self,
        *,
        beats: Callable[[], Mapping[str, Beat]],
        silence_seconds: float,
        limits: Limits,
        new_id: Callable[[], str],
    ) -> None:
        self._beats = beats
        self._silence = silence_seconds
        self._limits = limits
        self._new_id = new_id
        self._lock = Lock()
        self._out: dict[str, Wanted] = {}
        self._given: dict[str, None] = {}
        self._turn = 0
        self._turns: dict[str, int] = {}

    def choose(self, items: int, *, now: float) -> Sequence[Wanted]:
        """Shards of a new task of so many items, or none, at the store's time. They are out until `over`.

        Raises StoreUnavailable.
        """
        if items > MOST_ITEMS:
            return ()
        taking = takers(alive(self._beats(), now=now, silence=self._silence))
        with self._lock:
            loads = {worker: self._load(beat) for worker, beat in taking.items()}
            free = [
                WorkerView(worker=worker, slots=beat.slots, load=loads[worker])
                for worker, beat in taking.items()
                if loads[worker] < beat.slots
            ]
            if items > sum(view.slots - view.load for view in free):
                return ()
            views = self._by_turns(free, items=items)
            task = TaskView(task_id="", waiting=items, items_total=items)
            plans = assignments([task], views, limits=self._limits, rates_of=_unknown)
            if sum(plan.count for plan in plans) < items:
                return ()
            most = self._limits.shards_per_task
            wanted = [
                Wanted(shard_id=self._new_id(), worker=plan.worker, count=plan.count, most=most)
                for plan in plans
            ]
            self._remember(wanted)
        return wanted

    def _by_turns(self, free: Sequence[WorkerView], *, items: int) -> Sequence[WorkerView]:
        """As many as have a free slot for each item, or all: first those given something longest ago."""
        ordered = sorted(free, key=lambda view: (self._turns.get(view.worker, 0), view.worker))
        slots = list(accumulate(view.slots - view.load for view in ordered))
        return ordered[: bisect_left(slots, items) + 1]

    def over(self, wanted: Sequence[Wanted], *, is_known: bool = True) -> None:
        """These have ended; or that is not known, and from now on the beats tell. May be repeated."""
        with self._lock:
            for each in wanted:
                self._out.pop(each.shard_id, None)
                if not is_known:
                    self._given.pop(each.shard_id, None)

    def _load(self, beat: Beat) -> int:
        """Items of others by its beat, and those that are out from here: its beat may name them too late."""
        others = sum(held.not_begun + held.running for held in beat.held if held.shard_id not in self._given)
        return others + sum(each.count for each in self._out.values() if each.worker == beat.worker)

    def _remember(self, wanted: Sequence[Wanted]) -> None:
        self._out |= {each.shard_id: each for each in wanted}
        self._given |= {each.shard_id: None for each in wanted}
        self._turn += 1
        self._turns |= {each.worker: self._turn for each in wanted}
        _keep_newest(self._given)
        _keep_newest(self._turns)


def _unknown(_task_id: str) -> TaskRates | None:
    """Nobody has measured a new task."""
    return None


def _keep_newest(known: dict[str, T]) -> None:
    while len(known) > MOST_REMEMBERED:
        del known[next(iter(known))]
