"""Giving out work: what the planner chose is planned in the store and told to the worker by a record."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from app.errors import BusUnavailable, TemplateError
from app.messaging.ports import Publisher
from app.models.ledger import Ledger, Shard
from app.models.node import Beat
from app.models.ranges import size
from app.models.task import TaskSpec
from app.models.wire import ShardRecord, encode
from app.protocol.control import Action
from app.repositories.operations import Operations
from app.repositories.ports import Store
from app.services.candidates import Candidates
from app.services.liveness import alive, takers
from app.services.planning import Assignment, Limits, TaskView, WorkerView, assignments, cost


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
    """Plans for workers with room. Used by one thread but for `told_room`. Raises StoreUnavailable.

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
        self._told: deque[tuple[str, str, float]] = deque()

    def fill(self) -> int:
        """Plans what the live workers have room for; how many shards."""
        self._hear()
        store = self._ports.store
        workers = alive(store.beats(), now=store.time(), silence=self._silence)
        taking = takers(workers)
        if not taking:
            return 0
        found = self._candidates.look(store)
        if not found.can:
            return 0
        self._served.keep(found.can)
        self._keep_rates({*found.can, *found.busy})
        tasks = [
            _task_view(ledger, can_plan=True, served=self._served.of(ledger.task_id))
            for ledger in found.can.values()
        ]
        tasks += [_task_view(ledger, can_plan=False, served=0.0) for ledger in found.busy.values()]
        views = [_worker_view(beat) for beat in taking.values()]
        chosen = assignments(tasks, views, limits=self._limits, rates=self._rates)
        return sum(self._plan(each, found.can[each.task_id], taking[each.worker]) for each in chosen)

    def told_room(self, task_id: str, worker: str, *, rate: float | None, idle: int = 0) -> None:
        """A worker said that it has room, how fast it runs this task, and how many slots have nothing to do.
        From any thread."""
        if rate is not None:
            self._told.append((task_id, worker, rate))

    def _hear(self) -> None:
        while self._told:
            task_id, worker, rate = self._told.popleft()
            self._rates.setdefault(task_id, {})[worker] = rate

    def _keep_rates(self, task_ids: set[str]) -> None:
        self._rates = {task_id: rates for task_id, rates in self._rates.items() if task_id in task_ids}

    def _plan(self, chosen: Assignment, ledger: Ledger, beat: Beat) -> int:
        ports = self._ports
        shard_id = ports.new_id()
        try:
            function = self._function(ledger)
        except TemplateError as error:
            ports.operations.control(
                chosen.task_id, Action.HALT, run=ledger.run, version=ledger.control, reason=error.detail
            )
            return 0
        shard = ports.operations.plan(
            chosen.task_id,
            shard_id=shard_id,
            worker=chosen.worker,
            count=chosen.count,
            most=self._limits.shards_per_task,
            function=function,
        )
        if shard is None:
            return 0
        rates = self._rates.get(chosen.task_id, {})
        self._served.add(chosen.task_id, cost(chosen.task_id, _worker_view(beat), chosen.count, rates=rates))
        self.send(chosen.task_id, shard_id, shard, beat)
        return 1

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


def _task_view(ledger: Ledger, *, can_plan: bool, served: float) -> TaskView:
    suspects = [size(piece.spans) for piece in ledger.pool if piece.suspect] if can_plan else []
    return TaskView(
        task_id=ledger.task_id,
        waiting=ledger.pool_items - sum(suspects) if can_plan else 0,
        items_total=ledger.items_total,
        priority=ledger.priority,
        served=served,
        created_at=ledger.created_at,
        held=_held(ledger, suspect=False),
        suspects=suspects,
        suspects_held=_held(ledger, suspect=True),
    )


def _held(ledger: Ledger, *, suspect: bool) -> Counter[str]:
    """How many such shards each worker claimed, or, unclaimed, was offered last."""
    shards = [shard for shard in ledger.shards.values() if shard.suspect is suspect]
    return Counter(worker for shard in shards for worker in shard.holders or (shard.worker,))


def _worker_view(beat: Beat) -> WorkerView:
    return WorkerView(worker=beat.worker, slots=max(1, beat.slots), rates=beat.rates)
