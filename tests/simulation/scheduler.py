"""A scheduler in the simulation: the real services on faulty links."""

from app.consumers.tasks import TaskRecords
from app.errors import FanfoldError, StoreUnavailable
from app.messaging.ports import Message
from app.models.wire import decode_room
from app.repositories.memory import MemoryStore
from app.repositories.operations import Operations
from app.services.dispatching import Dispatcher, DispatchPorts
from app.services.liveness import Timers
from app.services.planning import Limits
from app.services.publishing import TaskPublisher
from app.services.recovery import Sweeper, SweepPorts
from tests.simulation.links import Bus, BusLink, StoreLink, Weather
from tests.simulation.world import Process, World

TASKS, SHARDS, ROOM, DEAD = "tasks", "shards", "room", "dead"
TIMERS = Timers()


class SchedulerProcess:
    """Sweeps once a second, plans for task and room records; its operations also serve the client."""

    def __init__(self, name: str, *, world: World, weather: Weather, server: MemoryStore, bus: Bus) -> None:
        self.process = Process(name)
        self._world = world
        store = StoreLink(world, weather, server, self.process)
        publisher = BusLink(world, bus, weather, self.process)
        self.store = store
        self.operations = Operations(store)
        self.tasks = TaskPublisher(
            store=store,
            operations=self.operations,
            publisher=publisher,
            topic=TASKS,
            attempts=10,
            defer=self._deferred,
            random=world.random,
        )
        self.dispatcher = Dispatcher(
            ports=DispatchPorts(
                store=store,
                operations=self.operations,
                publisher=publisher,
                render=lambda spec: spec.template,
                new_id=world.new_id,
                random=world.random,
            ),
            limits=Limits(),
            shard_topic=SHARDS,
            silence_seconds=TIMERS.silence,
        )
        self._sweeper = Sweeper(
            ports=SweepPorts(store=store, operations=self.operations, publisher=publisher),
            tasks=self.tasks,
            dispatcher=self.dispatcher,
            timers=TIMERS,
            dead_topic=DEAD,
        )
        self._records = TaskRecords(
            operations=self.operations, dispatcher=self.dispatcher, wake=self.dispatcher.fill
        )
        bus.join(TASKS, self.process, self._task_record)
        bus.join(ROOM, self.process, self._room_record)
        world.after(world.random.uniform(0, 1), self.process, self._sweep)

    def _deferred(self, note: object) -> None:
        def run() -> None:
            try:
                note()  # type: ignore[operator]
            except StoreUnavailable:
                return

        self._world.after(0.0, self.process, run)

    def _sweep(self) -> None:
        self._world.after(1.0, self.process, self._sweep)
        try:
            self._sweeper.sweep()
        except FanfoldError:
            return

    def _task_record(self, value: bytes) -> None:
        try:
            self._records(Message(topic=TASKS, partition=0, offset=0, key=None, value=value))
        except StoreUnavailable:
            self._world.after(0.5, self.process, lambda: self._task_record(value))

    def _room_record(self, value: bytes) -> None:
        room = decode_room(value)
        self.dispatcher.told_room(room.task_id, room.worker, rate=room.rate, idle=room.idle)
        try:
            self.dispatcher.fill()
        except StoreUnavailable:
            return
