"""The whole system of one run: store, bus, schedulers, workers and a client, and what befalls them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.models.ledger import Ledger
from app.repositories.memory import MemoryStore
from tests.simulation.checks import check_copies, check_ledger
from tests.simulation.client import Client, Order
from tests.simulation.journal import Journal
from tests.simulation.links import Bus, Weather
from tests.simulation.scheduler import SchedulerProcess
from tests.simulation.worker import WorkerProcess
from tests.simulation.world import World

ROLLBACK_SECONDS = 3.0


class CheckedStore(MemoryStore):
    """The store that checks every ledger it is given."""

    def __init__(self, world: World, journal: Journal, *, clock: Callable[[], float]) -> None:
        super().__init__(clock, new_token=world.new_id)
        self._world = world
        self._journal = journal

    def commit(self, before, after: Ledger, *, effects, task_id: str):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        known = before.ledger if before else None
        check_ledger(known, after)
        check_copies(known, after, self._journal, now=self._world.now)
        return super().commit(before, after, effects=effects, task_id=task_id)


@dataclass
class Cluster:
    """Two schedulers or more, three workers or more; what dies comes back as a new incarnation."""

    world: World
    orders: list[Order]
    schedulers: list[SchedulerProcess] = field(default_factory=list)
    workers: list[WorkerProcess] = field(default_factory=list)
    weather: Weather = field(default_factory=Weather)
    journal: Journal = field(default_factory=Journal)
    clock_offset: float = 1_000_000.0
    incarnations: int = 0
    stops_respawn: bool = False

    def __post_init__(self) -> None:
        world = self.world
        self.store = CheckedStore(world, self.journal, clock=lambda: world.now + self.clock_offset)
        self.bus = Bus(world, self.weather)
        self._history: list[tuple[float, dict[str, object]]] = []
        for _ in range(world.random.choice((2, 2, 3))):
            self.schedulers.append(self._new_scheduler())
        for _ in range(world.random.choice((3, 3, 4))):
            self.workers.append(self._new_worker())
        self.client = Client(self)
        world.after(0.5, None, self._tend)

    def _name(self, role: str) -> str:
        self.incarnations += 1
        return f"{role}-{self.incarnations}"

    def _new_scheduler(self) -> SchedulerProcess:
        return SchedulerProcess(
            self._name("scheduler"), world=self.world, weather=self.weather, server=self.store, bus=self.bus
        )

    def _new_worker(self) -> WorkerProcess:
        return WorkerProcess(
            self._name("worker"),
            slots=self.world.random.choice((1, 2)),
            world=self.world,
            weather=self.weather,
            server=self.store,
            bus=self.bus,
            journal=self.journal,
        )

    def _tend(self) -> None:
        """The supervisor: what has died comes back within a second or so. And the store's history is kept."""
        self.world.after(0.5, None, self._tend)
        for index, scheduler in enumerate(self.schedulers):
            if not scheduler.process.is_alive and self.world.chance(0.5):
                self.schedulers[index] = self._new_scheduler()
        for index, worker in enumerate(self.workers):
            if not worker.process.is_alive and self.world.chance(0.5):
                self.workers[index] = self._new_worker()
        if not self._history or self._history[-1][0] <= self.world.now - 1.0:
            self._history.append((self.world.now, self.store.snapshot()))
        self._history = [entry for entry in self._history if entry[0] >= self.world.now - ROLLBACK_SECONDS]

    def roll_back(self) -> None:
        if not self._history:
            return
        self.store.restore(self.world.random.choice(self._history)[1])
