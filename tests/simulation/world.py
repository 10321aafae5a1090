"""Virtual time and the processes in it: events run in order, processes are killed, paused and restarted."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random


class KilledError(BaseException):
    """The process that runs has been killed: unwinds to the event loop through everything."""


@dataclass
class Process:
    """One incarnation of a scheduler or a worker. While `depth` is not 0 it is inside one of its calls."""

    name: str
    is_alive: bool = True
    paused_until: float = 0.0
    is_busy: bool = False


@dataclass
class World:
    """The event queue and everything random. The same seed is the same history."""

    seed: int
    now: float = 0.0
    random: Random = field(init=False)
    _queue: list[tuple[float, int, Process | None, Callable[[], None]]] = field(default_factory=list)
    _serial: "count[int]" = field(default_factory=count)
    _nesting: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def new_id(self) -> str:
        return f"{self.random.getrandbits(64):016x}"

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def after(self, delay: float, process: Process | None, do: Callable[[], None]) -> None:
        """`do` in `delay` seconds, if `process` (None: nobody's) lives then; later while it is busy."""
        heapq.heappush(self._queue, (self.now + delay, next(self._serial), process, do))

    def run(self, until: float, *, is_over: Callable[[], bool] = lambda: False) -> None:
        while self._queue and self._queue[0][0] <= until and not is_over():
            self._step()
        if not is_over():
            self.now = max(self.now, until)

    def interleave(self, seconds: float) -> None:
        """Time passes inside a call of one process, and the others go on meanwhile."""
        if self._nesting >= 3:
            return
        self._nesting += 1
        try:
            self.run(self.now + seconds)
        finally:
            self._nesting -= 1

    def _step(self) -> None:
        at, _, process, do = heapq.heappop(self._queue)
        self.now = max(self.now, at)
        if process is None:
            do()
            return
        if not process.is_alive:
            return
        if process.is_busy or process.paused_until > self.now:
            self.after(max(0.003, process.paused_until - self.now), process, do)
            return
        process.is_busy = True
        try:
            do()
        except KilledError:
            process.is_alive = False
        finally:
            process.is_busy = False
