"""A small system on the twin, with a clock and slots that are moved by hand: no thread, no time passes."""

from dataclasses import dataclass
from functools import cached_property
from random import Random

from app.messaging.memory import MemoryBus
from app.models.ledger import Ledger
from app.models.node import Beat
from app.models.task import TaskSpec
from app.models.wire import RoomRecord, ShardRecord, decode_room, decode_shard
from app.protocol.control import Action
from app.protocol.plan import Wanted
from app.protocol.record import Report
from app.repositories.memory import MemoryStore
from app.repositories.operations import Beginning, Operations
from app.repositories.ports import ShardHint, Store
from app.services.dispatching import Dispatcher, DispatchPorts
from app.services.liveness import Timers
from app.services.planning import Limits
from app.services.publishing import TaskPublisher
from app.services.recovery import Sweeper, SweepPorts
from app.support.clock import FakeClock
from app.support.ids import new_id
from tests.hand_slots import HandSlots
from tests.lossy_store import LossyStore
from worker.holdings import Holdings
from worker.node import Node
from worker.node_ports import NodePorts, NodeSettings

TASKS, SHARDS, ROOM, DEAD = "tasks", "shards", "room", "dead"
EPOCH = 1_700_000_000.0
TIMERS = Timers()


@dataclass(kw_only=True)
class StagedWorker:
    """A worker's node with its holdings and slots, on a link of its own to the store."""

    name: str
    node: Node
    holdings: Holdings
    slots: HandSlots
    link: LossyStore

    def claim(self, task_id: str, *shard_ids: str) -> None:
        """Hears of these shards and claims what it has heard of."""
        for shard_id in shard_ids:
            self.node.hint(ShardRecord(task_id=task_id, shard_id=shard_id))
        while self.node.claim_next():
            pass

    def hear(self, hint: ShardHint) -> None:
        """Claims what it is told of."""
        self.node.hint(ShardRecord(task_id=hint.task_id, shard_id=hint.shard_id), told=hint)
        while self.node.claim_next():
            pass

    def finish(self) -> list[int]:
        """Runs and records all it holds; the indexes that ran."""
        ran = self.slots.run_all()
        self.node.record_due()
        return ran


class Stage:
    """One store, one bus, one clock; schedulers' and workers' parts on demand."""

    def __init__(self, *, limits: Limits | None = None) -> None:
        self.clock = FakeClock()
        self.clock_offset = EPOCH
        self.store = MemoryStore(lambda: self.clock_offset + self.clock.monotonic())
        self.operations = Operations(self.store)
        self.bus = MemoryBus()
        self.bus.admin().ensure({TASKS: 1, SHARDS: 64, ROOM: 1, DEAD: 1}, timeout_seconds=1)
        self._limits = limits or Limits()
        self._read: set[tuple[str, int, int]] = set()

    # tasks

    def task(
        self, items: int, *, priority: int = 0, idempotent: bool = False, is_published: bool = True
    ) -> str:
        """A task of so many items, named `item-<index>`, that Kafka is known to have; its id."""
        task_id = new_id()
        upload = f"{task_id}:{new_id()}"
        self.store.put_blocks(upload, [(0, [f"item-{index}" for index in range(items)])])
        spec = TaskSpec(
            task_id=task_id,
            template="true",
            items_total=items,
            upload=upload,
            fingerprint=task_id,
            created_at=self.store.time(),
            priority=priority,
            idempotent=idempotent,
        )
        self.operations.submit(spec, upload_blocks=1)
        if is_published:
            self.operations.published(task_id, run=1)
        return task_id

    def begun(self, *, worker: str) -> str:
        """A task of one item that began with its submit, as an unclaimed shard for `worker`; its id."""
        task_id = new_id()
        spec = TaskSpec(
            task_id=task_id,
            template="true",
            items_total=1,
            upload=f"{task_id}:{new_id()}",
            fingerprint=task_id,
            created_at=self.store.time(),
        )
        wanted = Wanted(shard_id=new_id(), worker=worker, count=1, most=2)
        self.operations.submit(
            spec,
            upload_blocks=0,
            inputs=[(0, ["item-0"])],
            now=self.store.time(),
            beginning=Beginning(wanted=[wanted], function="true"),
        )
        return task_id

    def shard(self, task_id: str, count: int, *, worker: str) -> str:
        """The next items as an unclaimed shard for `worker`; its id."""
        shard_id = new_id()
        shard = self.operations.plan(
            task_id, shard_id=shard_id, worker=worker, count=count, most=1_000, function="true"
        )
        assert shard is not None
        return shard_id

    def control(self, task_id: str, action: Action) -> bool:
        """Asks for it by what the task is now."""
        read = self.ledger(task_id)
        return self.operations.control(task_id, action, run=read.run, version=read.control)

    def finish(self, task_id: str, *, worker: str) -> None:
        """This worker claims, runs and records all of the task that is out for it."""
        for shard_id, shard in self.ledger(task_id).shards.items():
            if shard.worker == worker:
                self.operations.claim(task_id, shard_id, worker=worker, holds_nothing=True)
                report = Report(done=shard.spans, block_id=new_id(), block=b"x")
                self.operations.record(task_id, shard_id, worker=worker, report=report)

    def ledger(self, task_id: str) -> Ledger:
        stored = self.store.load(task_id)
        assert stored is not None
        return stored.ledger

    # schedulers

    @cached_property
    def tasks(self) -> TaskPublisher:
        return self.task_publisher()

    def task_publisher(self, *, store: Store | None = None) -> TaskPublisher:
        store = store or self.store
        return TaskPublisher(
            store=store,
            operations=Operations(store),
            publisher=self.bus.publisher(),
            topic=TASKS,
            attempts=10,
            defer=lambda note: note(),
            random=Random(7),
        )

    @cached_property
    def dispatcher(self) -> Dispatcher:
        return self.new_dispatcher()

    def new_dispatcher(self, *, store: Store | None = None) -> Dispatcher:
        return Dispatcher(
            ports=DispatchPorts(
                store=store or self.store,
                operations=Operations(store or self.store),
                publisher=self.bus.publisher(),
                render=lambda spec: spec.template,
                new_id=new_id,
                random=Random(7),
            ),
            limits=self._limits,
            shard_topic=SHARDS,
            silence_seconds=TIMERS.silence,
        )

    @cached_property
    def sweeper(self) -> Sweeper:
        return self.new_sweeper()

    def new_sweeper(self, *, store: Store | None = None) -> Sweeper:
        """Of a scheduler of its own, which has seen nothing yet."""
        store = store or self.store
        return Sweeper(
            ports=SweepPorts(store=store, operations=Operations(store), publisher=self.bus.publisher()),
            tasks=self.task_publisher(store=store),
            dispatcher=self.new_dispatcher(store=store),
            timers=TIMERS,
            dead_topic=DEAD,
        )

    # workers

    def worker(
        self, name: str, *, slots: int = 2, most_shards: int = 8, kind: type[HandSlots] = HandSlots
    ) -> StagedWorker:
        link = LossyStore(self.store)
        holdings = Holdings(slots=slots, new_id=new_id)
        hand_slots = kind(holdings, count=slots, clock=self.clock)
        node = Node(
            settings=NodeSettings(
                worker=name, name=name, slots=slots, completions_topic=ROOM, most_shards=most_shards
            ),
            ports=NodePorts(
                store=link.as_store,
                operations=Operations(link.as_store),
                publisher=self.bus.publisher(),
                clock=self.clock.monotonic,
                partitions=lambda: (len(name) % 64,),
            ),
            holdings=holdings,
            slots=hand_slots,
        )
        return StagedWorker(name=name, node=node, holdings=holdings, slots=hand_slots, link=link)

    def beat(
        self, name: str, *, slots: int = 2, room: bool = True, rates: dict[str, float] | None = None
    ) -> None:
        """A beat of a worker that is not staged."""
        self.store.beat(Beat(worker=name, name=name, slots=slots, room=room, rates=rates or {}))

    # what was sent

    def new_hints(self) -> list[ShardRecord]:
        """The shard records sent since the last time this was asked."""
        return [decode_shard(value) for value in self._new(SHARDS)]

    def new_room(self) -> list[RoomRecord]:
        """The completion records, likewise."""
        return [decode_room(value) for value in self._new(ROOM)]

    def _new(self, topic: str) -> list[bytes | None]:
        new = [
            message
            for message in self.bus.records(topic)
            if (topic, message.partition, message.offset) not in self._read
        ]
        self._read |= {(topic, message.partition, message.offset) for message in new}
        return [message.value for message in new]
