"""What a worker has read of the tasks whose shards it holds: once each, and no longer than it holds any."""

from collections.abc import Collection

from app.repositories.ports import TaskReads
from worker.node_ports import TaskFacts


class Facts:
    """Not thread-safe: one thread claims, and what forgets is guarded by `Node`."""

    def __init__(self, reads: TaskReads) -> None:
        self._reads = reads
        self._known: dict[str, TaskFacts] = {}

    def of(self, task_id: str) -> TaskFacts:
        """Spec and function. Raises StoreUnavailable, or KeyError where the task is gone."""
        known = self._known.get(task_id)
        if known is not None:
            return known
        spec, function = self._reads.spec(task_id), self._reads.function(task_id)
        if spec is None or function is None:
            raise KeyError(task_id)
        return TaskFacts(spec=spec, function=function)

    def keep(self, facts: TaskFacts) -> None:
        """A shard of its task is held from now on."""
        self._known[facts.spec.task_id] = facts

    def forget_all_but(self, task_ids: Collection[str]) -> list[str]:
        """The tasks that were known and are not among these."""
        gone = [task_id for task_id in self._known if task_id not in task_ids]
        for task_id in gone:
            del self._known[task_id]
        return gone
