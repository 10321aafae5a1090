"""Which tasks to look at before planning: the most pressing that can be planned, and those that are out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from app.models.ledger import Ledger
from app.repositories.ports import Store

MOST_CANDIDATES = 256
MOST_NEW = 2_000
PART = 128


@dataclass(frozen=True, kw_only=True)
class Found:
    """By task: what `can` be planned, the most pressing first, and what is `busy`: out, and not to plan."""

    can: dict[str, Ledger]
    busy: dict[str, Ledger]


@dataclass
class Candidates:
    """Remembers how pressing each task is, which never changes, so as not to read all that wait each time.

    The cost of a look grows with what can be given out, not with what waits: a part of the tasks is read at
    a time, until enough can be planned. Used by one thread.
    """

    order: dict[str, tuple[int, float]] = field(default_factory=dict)

    def look(self, store: Store) -> Found:
        """Raises StoreUnavailable."""
        unfinished, outstanding = store.open_work()
        out = {task_id for task_id, _ in outstanding}
        new = islice((task_id for task_id in unfinished if task_id not in self.order), MOST_NEW)
        read = _read(store, {*out, *new})
        known = self.order | {task_id: (-led.priority, led.created_at) for task_id, led in read.items()}
        self.order = {task_id: known[task_id] for task_id in unfinished if task_id in known}
        can = self._most_pressing(store, read)
        busy = {task_id: ledger for task_id, ledger in read.items() if ledger.shards and task_id not in can}
        return Found(can=can, busy=busy)

    def _most_pressing(self, store: Store, read: dict[str, Ledger]) -> dict[str, Ledger]:
        can: dict[str, Ledger] = {}
        ordered = sorted(self.order, key=self.order.__getitem__)
        for start in range(0, len(ordered), PART):
            part = ordered[start : start + PART]
            read |= _read(store, [task_id for task_id in part if task_id not in read])
            can |= {task_id: read[task_id] for task_id in part if task_id in read and read[task_id].can_plan}
            if len(can) >= MOST_CANDIDATES:
                break
        return dict(islice(can.items(), MOST_CANDIDATES))


def _read(store: Store, task_ids: Iterable[str]) -> dict[str, Ledger]:
    wanted = sorted(task_ids)
    if not wanted:
        return {}
    return {task_id: stored.ledger for task_id, stored in store.load_many(wanted).items()}
