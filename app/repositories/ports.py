"""What the store can do, as small protocols. Each has an in-memory twin and Redis; one suite tests both.

Every method may block for the store's time-out and raises StoreUnavailable where the store does not answer
or refuses. Every method is safe to call again after that, whether or not it was carried out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from app.models.ledger import Ledger
from app.models.node import Beat
from app.models.ranges import Spans
from app.models.task import TaskSpec
from app.protocol.decision import DeadLetter, Effects, Entry


class Version(msgspec.Struct, frozen=True):
    """A random token of one state of one task, so that no rollback of the store brings a used one back."""

    token: str


ABSENT = Version("")


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger as it was read at `read_at` (the store's time), with the version a commit must name."""

    ledger: Ledger
    version: Version
    read_at: float


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A task as it is at one moment, with what it was asked for and all workers' beats."""

    stored: Stored
    spec: TaskSpec | None
    beats: Mapping[str, Beat]


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A small task with all its results and inputs, as it is at one moment.

    Index entries by first item, blocks of results by id, blocks of items each with its first index. `look`
    has no beats.
    """

    look: Look
    entries: Sequence[Entry]
    blocks: Mapping[str, bytes]
    inputs: Sequence[tuple[int, Sequence[str]]]


class ShardHint(msgspec.Struct, frozen=True, kw_only=True):
    """There is a shard to claim, told by the commit that planned it with all that its claim would read.

    The claim is the check: it is refused where the task is no longer as in `stored`, which is read then.
    """

    shard_id: str
    stored: Stored
    spec: TaskSpec
    function: str
    inputs: tuple[tuple[int, Sequence[str]], ...]

    @property
    def task_id(self) -> str:
        return self.spec.task_id


class CommitOutcome(StrEnum):
    """CONFLICT: another commit came first. INCOMPLETE: blocks of the upload are missing."""

    DONE = "done"
    CONFLICT = "conflict"
    INCOMPLETE = "incomplete"


class LedgerStore(Protocol):
    """The truth: ledgers, changed by compare-and-set in one transaction with everything that follows from it.

    A commit keeps in step with the ledger: the listings, the outbox entry (in it while Kafka is not known
    to have the task), the index of outstanding shards, the set of unfinished tasks, the expiry of ended
    ones, and tells those who wait for the end.
    """

    def time(self) -> float:
        """Seconds since the epoch by the store's clock, the only one that timers are measured by."""
        ...

    def load(self, task_id: str) -> Stored | None: ...

    def load_many(self, task_ids: Sequence[str]) -> Mapping[str, Stored]:
        """Those that exist and can be read, in one round trip (one for each node of a cluster)."""
        ...

    def commit(
        self, before: Stored | None, after: Ledger, *, effects: Effects, task_id: str
    ) -> CommitOutcome:
        """Writes `after` and all that follows if the task is still as in `before` (None: absent)."""
        ...

    def count(self, counts: Mapping[str, int]) -> None:
        """Adds to the operators' counters outside any commit. Once more if repeated: counters only."""
        ...

    def counts(self) -> Mapping[str, int]: ...


class UploadStore(Protocol):
    """Inputs: compressed blocks under an upload's own name, which expire unless a submit takes them over."""

    def put_blocks(self, upload: str, blocks: Sequence[tuple[int, Sequence[str]]]) -> None:
        """Stores blocks of items, each with the index of its first item."""
        ...

    def items(self, upload: str, spans: Spans, *, most_blocks: int | None = None) -> list[str]:
        """The items of `spans`, in order; of an upload whose name says a rule they are made from it.

        Only the first of them that lie in `most_blocks` blocks, and at least one: for items may be large.
        KeyError where a block is missing, or where the rule makes fewer.
        """
        ...


class TaskReads(Protocol):
    """Reads beside the ledger. Stale answers do no harm: the operations decide on the ledger."""

    def look(self, task_id: str) -> Look | None:
        """All that its status is made of, in one round trip (one for each node of a cluster)."""
        ...

    def whole(self, task_id: str) -> Whole | None:
        """A task that is known to be small, in one round trip."""
        ...

    def spec(self, task_id: str) -> TaskSpec | None: ...

    def specs(self, task_ids: Sequence[str]) -> list[TaskSpec | None]:
        """The same of many, in their order, in one round trip (one for each node of a cluster)."""
        ...

    def function(self, task_id: str) -> str | None:
        """The rendered function, once a scheduler has planned the task."""
        ...

    def agenda(self, task_id: str, *, start: int, count: int) -> Spans:
        """The next at least `count` items (or all there are) of a later run, from `start` on."""
        ...

    def recent(self, *, before: tuple[float, str] | None, limit: int) -> list[tuple[float, str]]:
        """Creation time and id of tasks, newest first, strictly older than `before`."""
        ...

    def unfinished(self) -> list[str]:
        """Ids of all tasks that have not ended."""
        ...

    def outstanding(self) -> list[tuple[str, str]]:
        """Task id and shard id of all shards that are out."""
        ...

    def open_work(self) -> tuple[list[str], list[tuple[str, str]]]:
        """`unfinished` and `outstanding` in one round trip (one for each node of a cluster)."""
        ...

    def wait_ended(self, task_id: str, *, timeout_seconds: float) -> bool:
        """Waits for the task's end to be told; may return early, or late by up to the time-out."""
        ...


class HintStore(Protocol):
    """Hints to workers: each is told once, to who listens at that moment, or never."""

    def listen(self, worker: str, told: Callable[[ShardHint], None]) -> Callable[[], None]:
        """Tells this worker's hints from a thread of the store's, until what is answered is called."""
        ...


class ResultStore(Protocol):
    """Results: compressed blocks, and an index that says which items lie in which block."""

    def entries(self, task_id: str, *, start: int, limit: int) -> list[Entry]:
        """Index entries with `stop` > `start`, by first item, at most `limit` of them."""
        ...

    def block(self, task_id: str, block_id: str) -> bytes | None: ...

    def dead_letters(self, task_id: str) -> list[DeadLetter]: ...


class ResultSource(Protocol):
    """What results are read from: a store, or a task that has been read."""

    def entries(self, task_id: str, *, start: int, limit: int) -> list[Entry]:
        """As `ResultStore.entries`."""
        ...

    def block(self, task_id: str, block_id: str) -> bytes | None: ...

    def items(self, upload: str, spans: Spans, *, most_blocks: int | None = None) -> list[str]:
        """As `UploadStore.items`."""
        ...


class DeadLetterQueue(Protocol):
    """Dead letters on their way to the dead-letter topic."""

    def pending_letters(self, limit: int) -> list[tuple[str, DeadLetter]]:
        """Oldest first, each with the handle that takes it away."""
        ...

    def drop_letters(self, handles: Iterable[str]) -> None: ...


LONGEST_WAIT_SECONDS = 300.0


class Outbox(Protocol):
    """Tasks that Kafka is not known to have, by the time of their next try.

    A next try more than LONGEST_WAIT_SECONDS away is due too: the store's clock has been set back.
    """

    def due(self, *, limit: int) -> list[tuple[str, int]]:
        """Tasks whose next try has come, each with the number of tries so far."""
        ...

    def take(self, task_id: str, *, seconds: float) -> int | None:
        """Moves the next try `seconds` away; the number of this try, or None where another took it."""
        ...


class BeatStore(Protocol):
    """Heartbeats, one a worker incarnation."""

    def beat(self, beat: Beat) -> None:
        """Stores it with the store's time."""
        ...

    def beats(self) -> Mapping[str, Beat]: ...

    def forget(self, workers: Iterable[str]) -> None: ...


class Store(
    LedgerStore, UploadStore, TaskReads, HintStore, ResultStore, DeadLetterQueue, Outbox, BeatStore, Protocol
):
    """All of it, as one store offers it."""
