"""A worker in the simulation: the real node and holdings; items are virtual durations."""

from collections.abc import Sequence
from contextlib import suppress

from app.errors import StoreUnavailable
from app.models.result import ItemResult, Outcome
from app.models.wire import ShardRecord, decode_shard
from app.repositories.memory import MemoryStore
from app.repositories.operations import Operations
from app.repositories.ports import ShardHint
from tests.simulation.journal import Journal
from tests.simulation.links import Bus, BusLink, StoreLink, Weather
from tests.simulation.scheduler import ROOM, SHARDS
from tests.simulation.world import Process, World
from worker.holding import Work
from worker.holdings import Holdings
from worker.node import Node
from worker.node_ports import NodePorts, NodeSettings, TaskFacts

ITEM_OVERHEAD = 0.001
HANG_SECONDS = 60.0


class VirtualSlots:
    """Slots that run an item by waiting: its text is `KIND SECONDS`. What hangs does so the first time."""

    def __init__(self, owner: "WorkerProcess", *, count: int) -> None:
        self._owner = owner
        self._count = count
        self._running: dict[str, tuple[Work, float]] = {}

    def fill(self) -> None:
        while len(self._running) < self._count:
            self._owner.node.claim_suspect()
            taken = self._owner.holdings.take(now=self._owner.world.now)
            if not taken:
                return
            self._start(taken[0])

    def _start(self, work: Work) -> None:
        owner = self._owner
        kind, seconds = work.text.split()
        key = f"{work.shard_id} {work.index}"
        self._running[key] = (work, owner.world.now)
        is_first = owner.journal.started(work, worker=owner.process.name, now=owner.world.now)
        takes = HANG_SECONDS if kind == "hang" and is_first else float(seconds) + ITEM_OVERHEAD
        owner.world.after(takes, owner.process, lambda: self._end(key, kind))

    def _end(self, key: str, kind: str) -> None:
        if key not in self._running:
            return
        owner = self._owner
        if kind == "poison":
            owner.die_of_poison()
            return
        work, since = self._running.pop(key)
        is_bad = kind == "fail" or (kind == "once" and work.attempt == 1)
        self._finish(work, since, Outcome.FAILED if is_bad else Outcome.OK)
        owner.after_item()

    def _finish(self, work: Work, since: float, outcome: Outcome) -> None:
        owner = self._owner
        owner.holdings.spent(work.task_id, seconds=owner.world.now - since, items=1)
        owner.holdings.finished(
            work.shard_id,
            ItemResult(index=work.index, outcome=outcome, attempt=work.attempt, worker=owner.process.name),
        )

    def kill(self, shard_ids: Sequence[str]) -> None:
        for key, (work, since) in list(self._running.items()):
            if work.shard_id in shard_ids:
                del self._running[key]
                self._finish(work, since, Outcome.KILLED)

    def kill_item(self, shard_id: str, index: int) -> None:
        work, since = self._running.pop(f"{shard_id} {index}", (None, 0.0))
        if work is not None:
            self._finish(work, since, Outcome.KILLED)

    def give_up(self) -> None:
        return

    def learn(self, facts: TaskFacts) -> None:  # noqa: ARG002 - an item says itself what it does
        return

    def forget(self, task_id: str) -> None:  # noqa: ARG002
        return

    def running_since(self) -> Sequence[float]:
        return [since for _, since in self._running.values()]


class WorkerProcess:
    """Beats, claims, runs and records; drains when it is told to."""

    def __init__(
        self,
        name: str,
        *,
        slots: int,
        world: World,
        weather: Weather,
        server: MemoryStore,
        bus: Bus,
        journal: Journal,
    ) -> None:
        self.process = Process(name)
        self.world = world
        self.journal = journal
        self.holdings = Holdings(slots=slots, new_id=world.new_id)
        self.slots = VirtualSlots(self, count=slots)
        self.is_draining = False
        store = StoreLink(world, weather, server, self.process)
        partition = bus.join(SHARDS, self.process, self._hint)
        self.node = Node(
            settings=NodeSettings(worker=name, name=name, slots=slots, completions_topic=ROOM),
            ports=NodePorts(
                store=store,
                operations=Operations(store),
                publisher=BusLink(world, bus, weather, self.process),
                clock=lambda: world.now,
                partitions=lambda: (partition,),
            ),
            holdings=self.holdings,
            slots=self.slots,
        )
        self._weather = weather
        server.listen(name, self._on_its_way)
        world.after(0.0, self.process, self._beat)
        world.after(0.1, self.process, self._record_now_and_then)

    def drain(self) -> None:
        self.is_draining = True
        self.node.drain()
        self._record()

    def die_of_poison(self) -> None:
        self.process.is_alive = False
        self.journal.poisoned(self.process.name)

    def after_item(self) -> None:
        self._record()
        with suppress(StoreUnavailable):
            self.node.freed()
        self.slots.fill()

    def _beat(self) -> None:
        self.world.after(1.0, self.process, self._beat)
        try:
            self.node.beat()
        except StoreUnavailable:
            return
        self.slots.fill()

    def _hint(self, value: bytes) -> None:
        self.node.hint(decode_shard(value))
        self._claim()

    def _on_its_way(self, hint: ShardHint) -> None:
        """A hint may be lost, or come when much has happened since."""
        world = self.world
        if not world.chance(self._weather.lost_records):
            latest = 0.01 if world.chance(0.9) else 6.0
            world.after(world.random.uniform(0.0005, latest), self.process, lambda: self._told(hint))

    def _told(self, hint: ShardHint) -> None:
        self.node.hint(ShardRecord(task_id=hint.task_id, shard_id=hint.shard_id), told=hint)
        self._claim()

    def _claim(self) -> None:
        try:
            while self.node.claim_next():
                pass
        except StoreUnavailable:
            self.world.after(0.3, self.process, self._claim)
        self.slots.fill()

    def _record_now_and_then(self) -> None:
        self.world.after(0.5, self.process, self._record_now_and_then)
        if not self.holdings.is_empty():
            self._record()
        self._claim()

    def _record(self) -> None:
        self.node.record_due()
        if self.is_draining and self.holdings.is_empty():
            self.node.leave()
            self.process.is_alive = False
