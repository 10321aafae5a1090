"""The client: submits tasks until they are known, now and then acts on one, and sees them end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.errors import FanfoldError
from app.models.ledger import Ledger
from app.models.task import TaskSpec
from app.protocol.control import Action
from app.protocol.plan import Wanted
from app.repositories.operations import Beginning
from app.services.item_blocks import Block
from tests.simulation.scheduler import SchedulerProcess
from tests.simulation.world import KilledError

if TYPE_CHECKING:
    from tests.simulation.cluster import Cluster

BLOCK = 16


@dataclass
class Order:
    """A task to submit, and the actions on it: (seconds after its start, action)."""

    task_id: str
    items: list[str]
    submit_at: float
    actions: list[tuple[float, Action]] = field(default_factory=list)
    idempotent: bool = False
    priority: int = 0
    is_awaited: bool = False
    retries: int = 0
    was_cancelled: bool = False


class Client:
    """Uses any scheduler, as nginx would. Its answers are lost like all others."""

    def __init__(self, cluster: "Cluster") -> None:
        self._cluster = cluster
        for order in cluster.orders:
            cluster.world.after(order.submit_at, None, lambda order=order: self._follow(order))  # type: ignore[misc]
            for delay, action in order.actions:
                cluster.world.after(
                    order.submit_at + delay,
                    None,
                    lambda order=order, action=action: self._act(order, action),  # type: ignore[misc]
                )

    def ledger(self, order: Order) -> Ledger | None:
        stored = self._cluster.store.load(order.task_id)
        return stored.ledger if stored is not None else None

    def _follow(self, order: Order) -> None:
        """Submits until the store knows the task: also again after a rollback that lost it."""
        self._cluster.world.after(1.0, None, lambda: self._follow(order))
        if self.ledger(order) is None:
            self._submit(order)

    def _submit(self, order: Order) -> None:
        world = self._cluster.world
        scheduler = world.random.choice(self._cluster.schedulers)
        if not scheduler.process.is_alive or scheduler.process.is_busy:
            return
        upload = f"{order.task_id}:{world.new_id()}"
        blocks = [(first, order.items[first : first + BLOCK]) for first in range(0, len(order.items), BLOCK)]
        spec = TaskSpec(
            task_id=order.task_id,
            template="true",
            items_total=len(order.items),
            upload=upload,
            fingerprint=order.task_id,
            created_at=world.now,
            idempotent=order.idempotent,
            priority=order.priority,
        )
        scheduler.process.is_busy = True
        try:
            if order.is_awaited and self._begin(scheduler, spec, blocks):
                return
            scheduler.store.put_blocks(upload, blocks)
            scheduler.operations.submit(spec, upload_blocks=len(blocks))
            scheduler.tasks.publish(order.task_id, run=1)
        except FanfoldError:
            return
        except KilledError:
            scheduler.process.is_alive = False
        finally:
            scheduler.process.is_busy = False

    def _begin(self, scheduler: SchedulerProcess, spec: TaskSpec, blocks: Sequence[Block]) -> bool:
        """Plans its first shards with the submit; who waits for it has Kafka told a moment later, or dies."""
        world = self._cluster.world
        workers = sorted(scheduler.store.beats())
        if not workers:
            return False
        halves = (spec.items_total // 2, spec.items_total - spec.items_total // 2)
        wanted = [
            Wanted(shard_id=world.new_id(), worker=world.random.choice(workers), count=count, most=2)
            for count in halves
        ]
        scheduler.operations.submit(
            spec,
            upload_blocks=0,
            inputs=blocks,
            now=scheduler.store.time(),
            beginning=Beginning(wanted=wanted, function=spec.template),
        )

        def publish() -> None:
            scheduler.tasks.publish(spec.task_id, run=1)

        if world.chance(0.8):
            world.after(0.1, scheduler.process, publish)
        return True

    def _act(self, order: Order, action: Action) -> None:
        ledger = self.ledger(order)
        if ledger is None:
            return
        self._control(order, action, run=ledger.run, version=ledger.control)

    def _control(self, order: Order, action: Action, *, run: int, version: int) -> None:
        """Repeats the call with what it read, until there is an answer."""
        world = self._cluster.world
        scheduler = world.random.choice(self._cluster.schedulers)
        again = lambda: self._control(order, action, run=run, version=version)  # noqa: E731
        if (
            not scheduler.process.is_alive
            or scheduler.process.is_busy
            or scheduler.process.paused_until > world.now
        ):
            world.after(0.5, None, again)
            return
        scheduler.process.is_busy = True
        try:
            done = scheduler.operations.control(order.task_id, action, run=run, version=version)
            if done and action is Action.RETRY:
                scheduler.tasks.publish(order.task_id, run=run + 1)
        except FanfoldError:
            world.after(0.5, None, again)
        except KilledError:
            scheduler.process.is_alive = False
            world.after(0.5, None, again)
        finally:
            scheduler.process.is_busy = False
