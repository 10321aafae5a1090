"""Giving out work: what the planner chose is planned in the store and told to the worker by a record."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from app.errors import BusUnavailable, TemplateError
from app.messaging.ports import Publisher
from app.models.ledger import Ledger, Shard
from app.models.node import Beat
from app.models.task import TaskSpec
from app.models.wire import ShardRecord, encode
from app.protocol.control import Action
from app.protocol.plan import Wanted
from app.repositories.operations import Operations
from app.repositories.ports import Store
from app.services.candidates import Candidates
from app.services.deciding import Decisions, Scene, decide
from app.services.liveness import alive, takers
from app.services.planning import Assignment, Limits
from app.services.workload import BeatViews, Idle

MOST_UNHEARD = 1_000
"""What is forgotten is offered again."""


@dataclass(frozen=True, kw_only=True)
class DispatchPorts:
    """What dispatching talks to. `render` makes a spec's function, or raises TemplateError."""

    store: Store
    operations: Operations
    publisher: Publisher
    render: Callable[[TaskSpec], str]
    new_id: Callable[[], str]
    random: Random = field(default_factory=Random)


@dataclass
class Served:
    """How much each task has been given by this scheduler, for fairness; a new one starts at the least."""

    by_task: dict[str, float] = field(default_factory=dict)

    def of(self, task_id: str) -> float:
        return self.by_task.setdefault(task_id, min(self.by_task.values(), default=0.0))

    def add(self, task_id: str, seconds: float) -> None:
        self.by_task[task_id] = self.of(task_id) + seconds

    def keep(self, task_ids: Iterable[str]) -> None:
        known = set(task_ids)
        self.by_task = {task_id: served for task_id, served in self.by_task.items() if task_id in known}


class Dispatcher:
    """Plans for workers with room. Used by one thread but for what is `told`. Raises StoreUnavailable.

    A plan whose record is not sent, or whose answer is lost, is an unclaimed shard: it is offered again.
    """

    def __init__(
        self, *, ports: DispatchPorts, limits: Limits, shard_topic: str, silence_seconds: float
    ) -> None:
        self._ports = ports
        self._limits = limits
        self._shard_topic = shard_topic
        self._silence = silence_seconds
        self._candidates = Candidates()
        self._served = Served()
        self._rates: dict[str, dict[str, float]] = {}
        self._told: deque[tuple[str, str, float | None, int]] = deque()
        self._unheard: deque[str] = deque(maxlen=MOST_UNHEARD)
        self._idle: dict[str, Idle] = {}
        self._beats = BeatViews()

    def fill(self) -> int:
        """Plans what the live workers have room for; how many shards."""
        store = self._ports.store
        now = store.time()
        self._hear(now)
        living = alive(store.beats(), now=now, silence=self._silence)
        taking = takers(living)
        views = self._beats.of(living)
        self._idle = {worker: idle for worker, idle in self._idle.items() if worker in taking}
        if not taking:
            return 0
        found = self._candidates.look(store)
        self._send_unheard({**found.can, **found.busy}, living)
        self._served.keep(found.can)
        self._keep_rates({*found.can, *found.busy})
        decisions = decide(
            Scene(
                can=found.can,
                busy=found.busy,
                living=views,
                taking={worker: views[worker] for worker in taking},
                served={task_id: self._served.of(task_id) for task_id in found.can},
                told=self._rates,
                idle=self._idle,
                now=now,
            ),
            limits=self._limits,
        )
        planned = sum(
            self._plan(
                found.can[task_id], [each for each in decisions.plans if each.task_id == task_id], taking
            )
            for task_id in dict.fromkeys(each.task_id for each in decisions.plans)
        )
        self._balance(decisions, {**found.can, **found.busy}, living)
        return planned

    def told_unheard(self, task_id: str) -> None:
        """The task has shards that nobody has claimed, for which no record was sent yet. From any thread."""
        self._unheard.append(task_id)

    def _send_unheard(self, ledgers: Mapping[str, Ledger], beats: Mapping[str, Beat]) -> None:
        while self._unheard:
            task_id = self._unheard.popleft()
            ledger = ledgers.get(task_id)
            for shard_id, shard in ledger.shards.items() if ledger is not None else ():
                if not shard.holders:
                    self.send(task_id, shard_id, shard, beats.get(shard.worker))

    def _balance(
        self, decisions: Decisions, ledgers: Mapping[str, Ledger], beats: Mapping[str, Beat]
    ) -> None:
        """A shard is asked back, or copied, as it was read: what has changed since stays as it is."""
        operations = self._ports.operations
        for ask in decisions.asks:
            seen = ledgers[ask.task_id].shards[ask.shard_id]
            shard = operations.ask(ask.task_id, ask.shard_id, seen=seen, start=ask.start)
            if shard is not None:
                self.send(ask.task_id, ask.shard_id, shard, beats[ask.holder])
        for copy in decisions.copies:
            seen = ledgers[copy.task_id].shards[copy.shard_id]
            shard = operations.offer(copy.task_id, copy.shard_id, seen=seen, worker=copy.worker)
            if shard is not None:
                self.send(copy.task_id, copy.shard_id, shard, beats[copy.worker])

    def told_room(self, task_id: str, worker: str, *, rate: float | None, idle: int = 0) -> None:
        """A worker said that it has room, how fast it runs this task, and how many slots have nothing to do.
        From any thread."""
        self._told.append((task_id, worker, rate, idle))

    def _hear(self, now: float) -> None:
        while self._told:
            task_id, worker, rate, idle = self._told.popleft()
            self._idle[worker] = Idle(slots=idle, at=now)
            if rate is not None:
                self._rates.setdefault(task_id, {})[worker] = rate

    def _keep_rates(self, task_ids: set[str]) -> None:
        self._rates = {task_id: rates for task_id, rates in self._rates.items() if task_id in task_ids}

    def _plan(self, ledger: Ledger, chosen: Sequence[Assignment], beats: Mapping[str, Beat]) -> int:
        """All shards of a task in one change; how many."""
        ports = self._ports
        try:
            function = self._function(ledger)
        except TemplateError as error:
            ports.operations.control(
                ledger.task_id, Action.HALT, run=ledger.run, version=ledger.control, reason=error.detail
            )
            return 0
        by_id = {ports.new_id(): each for each in chosen}
        wanted = [self._wanted(shard_id, each) for shard_id, each in by_id.items()]
        shards = ports.operations.plan_all(ledger.task_id, wanted, function=function)
        for shard_id, shard in shards.items():
            self._served.add(ledger.task_id, by_id[shard_id].cost)
            self.send(ledger.task_id, shard_id, shard, beats[shard.worker])
        return len(shards)

    def _wanted(self, shard_id: str, chosen: Assignment) -> Wanted:
        most = max(self._limits.shards_per_task, chosen.held)
        return Wanted(shard_id=shard_id, worker=chosen.worker, count=chosen.count, most=most)

    def _function(self, ledger: Ledger) -> str | None:
        """The rendered function, where the first plan of a run has to bring it."""
        if ledger.started_at is not None:
            return None
        spec = self._ports.store.spec(ledger.task_id)
        return None if spec is None else self._ports.render(spec)

    def send(self, task_id: str, shard_id: str, shard: Shard, beat: Beat | None) -> None:
        """Tells a worker of a shard, on a partition it owns. What cannot be sent is offered again."""
        partition = (
            self._ports.random.choice(beat.partitions) if beat is not None and beat.partitions else None
        )
        record = ShardRecord(task_id=task_id, shard_id=shard_id, suspect=shard.suspect)
        try:
            self._ports.publisher.publish(
                self._shard_topic, encode(record), key=shard_id, partition=partition
            )
        except BusUnavailable:
            return
