"""What tasks cost the slots of a worker: the time spent on each, for fairness, and the time of an item."""

from collections.abc import Collection

RATE_MEMORY = 0.7
MOST_RATES = 1_000


class Paces:
    """Not thread-safe: `Holdings` guards it.

    A task that is new starts with the least time spent of those present, so that it neither waits nor
    starves the others. The time of an item is remembered beyond the last shard of its task.
    """

    def __init__(self) -> None:
        self._spent: dict[str, float] = {}
        self._per_item: dict[str, float] = {}

    def join(self, task_id: str, *, beside: Collection[str]) -> None:
        """A shard of the task has come, beside those of other tasks, or of the same."""
        if task_id not in beside:
            self._spent[task_id] = min((self.spent_on(other) for other in beside), default=0.0)

    def leave(self, task_id: str) -> None:
        """The last shard of the task has gone."""
        self._spent.pop(task_id, None)

    def spent_on(self, task_id: str) -> float:
        """Seconds of all slots."""
        return self._spent.get(task_id, 0.0)

    def add(self, task_id: str, *, seconds: float, items: int) -> None:
        """A slot spent `seconds` on so many items."""
        if task_id in self._spent:
            self._spent[task_id] += seconds
        if items:
            measured = seconds / items
            known = self._per_item.pop(task_id, measured)
            self._per_item[task_id] = RATE_MEMORY * known + (1 - RATE_MEMORY) * measured
        while len(self._per_item) > MOST_RATES:
            del self._per_item[next(iter(self._per_item))]

    def per_item(self, task_id: str) -> float | None:
        """Seconds that an item takes one slot; None while not one has ended."""
        return self._per_item.get(task_id)

    def rate(self, task_id: str, *, slots: int) -> float | None:
        """Items a second of so many slots."""
        seconds = self._per_item.get(task_id)
        return None if seconds is None else slots / max(seconds, 1e-6)
