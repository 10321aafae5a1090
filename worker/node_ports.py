"""What a node is told and what it talks to: settings, store, bus, clock, and the slots that run its items."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from app.messaging.ports import Publisher
from app.models.task import TaskSpec
from app.repositories.operations import Operations
from app.repositories.ports import Store


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change while a task runs: what was asked for, and the rendered function."""

    spec: TaskSpec
    function: str


class Slots(Protocol):
    """What runs the items. Times are seconds of the worker's monotonic clock."""

    def learn(self, facts: TaskFacts) -> None:
        """What to run for a task, told before its first item can be taken."""
        ...

    def forget(self, task_id: str) -> None:
        """Nothing of this task is held any more."""
        ...

    def kill(self, shard_ids: Sequence[str]) -> None:
        """Ends the running items of these shards at once; their results follow, as killed."""
        ...

    def kill_item(self, shard_id: str, index: int) -> None:
        """Ends this item at once, if it runs; nobody waits for its result."""
        ...

    def give_up(self) -> None:
        """Puts back what a slot took in advance and has not begun."""
        ...

    def running_since(self) -> Sequence[float]:
        """For each slot that runs an item, since when."""
        ...


class NodeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds."""

    worker: str
    name: str
    slots: int
    completions_topic: str
    record_interval: float = 2.0
    block_bytes: int = 1 << 20
    stuck_after: float = 4.0
    most_shards: int = 8


class NodePorts(msgspec.Struct, frozen=True, kw_only=True):
    """What a node talks to. `partitions` are those of the shard topic that it owns."""

    store: Store
    operations: Operations
    publisher: Publisher
    clock: Callable[[], float]
    partitions: Callable[[], tuple[int, ...]] = tuple
