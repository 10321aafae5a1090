"""What really ran, written by the items themselves outside the product, and held against what it says."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fanfold import Client
from fanfold.values import ItemResult, TaskStatus


@dataclass(frozen=True)
class Start:
    """One start of one item."""

    task_id: str
    index: int
    attempt: int
    worker: str
    at: float


class Journal:
    """A file that every item appends one line to when it begins (O_APPEND: short lines never mix)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def function(self, *, seconds: float, then: str = ":") -> str:
        """A bash function that notes its start, takes some time, and goes on with `then`."""
        return (
            'printf "%s %s %s %s %s\\n" "$FANFOLD_TASK_ID" "$FANFOLD_ITEM_INDEX" "$FANFOLD_ATTEMPT" '
            f'"$FANFOLD_WORKER_ID" "$EPOCHREALTIME" >>{self.path}\n'
            f"sleep {seconds}\n{then}\n"
        )

    def starts(self, task_id: str) -> list[Start]:
        lines = (line.split() for line in self.path.read_text().splitlines())
        return [
            Start(task, int(index), int(attempt), worker, float(at))
            for task, index, attempt, worker, at in lines
            if task == task_id
        ]

    def runs(self, task_id: str) -> Counter[int]:
        """How often each item began."""
        return Counter(start.index for start in self.starts(task_id))


def check_exact(client: Client, status: TaskStatus, items: Sequence[str]) -> list[ItemResult]:
    """The task has ended well: counts exact, one result an item, in order, of the right item."""
    assert status.status == "COMPLETED", status
    assert (status.items_succeeded, status.items_failed, status.items_cancelled) == (len(items), 0, 0), status
    assert status.chunks_executed == status.chunks_to_execute, status
    results = list(client.results(status.task_id))
    assert [result.index for result in results] == list(range(len(items)))
    assert [result.item for result in results] == list(items)
    return results
