"""A task's ledger: which items wait, which are out with which worker, and what is counted. A frozen value.

items_total = succeeded + failed + cancelled + waiting (cursor and pool) + remaining in shards
"""

from typing import Any

import msgspec

from app.models.ranges import Spans, size
from app.models.task import TaskState


class Piece(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Items that came back to the pool, with the marks they keep.

    A `suspect` piece has been in the hands of a worker that died: it is planned as a shard of its own.
    `deaths` are the incarnations that died while they held it as a single item.
    """

    spans: Spans
    attempt: int = 1
    suspect: bool = False
    deaths: tuple[str, ...] = ()


class Shard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Items given to one worker by one record, under a random id; `spans` are those still to be recorded.

    `holders` maps each incarnation that claimed it to the time of its last claim or record. Two holders
    only where a copy was offered: `invited` may claim beside a holder. Of the items from `asked_from` on
    the holder is to return what it has not begun. Times are the store's, in seconds.
    """

    spans: Spans
    worker: str
    offered_at: float
    offers: int = 1
    holders: dict[str, float] = msgspec.field(default_factory=dict)
    invited: tuple[str, ...] = ()
    attempt: int = 1
    suspect: bool = False
    deaths: tuple[str, ...] = ()
    asked_from: int | None = None
    asked_at: float = 0.0


class Ledger(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything the protocol decides by. Times are the store's, in seconds since the epoch.

    The pool is the cursor part (`waiting` items between `cursor` and `stop`; of a first run all of
    them, of a later run those on the agenda) and the returned `pool` pieces. `ending` is the state the
    task ends in once nothing is out any more; `paused` holds it still.
    """

    task_id: str
    items_total: int
    created_at: float
    stop: int
    waiting: int
    cursor: int = 0
    state: TaskState = TaskState.QUEUED
    run: int = 1
    control: int = 0
    ending: TaskState | None = None
    paused: bool = False
    pool: tuple[Piece, ...] = ()
    shards: dict[str, Shard] = msgspec.field(default_factory=dict)
    executed: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    published_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    reason: str | None = None
    priority: int = 0
    idempotent: bool = False
    max_deaths: int = 3

    def evolve(self, **changes: Any) -> "Ledger":  # noqa: ANN401 - the fields' own types
        return msgspec.structs.replace(self, **changes)

    @property
    def pool_items(self) -> int:
        """How many items wait to be planned."""
        return self.waiting + sum(size(piece.spans) for piece in self.pool)

    @property
    def remaining(self) -> int:
        """How many items are not accounted for yet."""
        return self.items_total - self.succeeded - self.failed - self.cancelled

    @property
    def chunks_to_execute(self) -> int:
        return self.executed + len(self.shards) + (1 if self.waiting or self.pool else 0)

    @property
    def can_plan(self) -> bool:
        """Whether a scheduler may give out items of it now."""
        return bool(
            (self.waiting or self.pool)
            and not self.paused
            and self.ending is None
            and self.state in (TaskState.SUBMITTED, TaskState.INPROGRESS)
        )
