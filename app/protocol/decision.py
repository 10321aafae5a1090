"""What an operation decides: the ledger afterwards, what is written beside it, and the answer."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from app.models.ledger import Ledger
from app.models.ranges import EMPTY, Spans
from app.models.result import Outcome
from app.models.task import TaskSpec

AnswerT = TypeVar("AnswerT")


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the results of items `start` to `stop` lie: in a block, or, without one, all of one `outcome`."""

    start: int
    stop: int
    run: int
    block: str | None = None
    outcome: Outcome | None = None


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item given up: what the dead-letter topic and the task's detail show. Time in epoch seconds."""

    task_id: str
    index: int
    run: int
    reason: str
    at: float
    workers: tuple[str, ...] = ()


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What is written in the same transaction as the ledger.

    `redo` marks items for a later retry, `redo_waiting` those the cursor has not reached, and
    `new_agenda` turns the marks into the agenda of the next run. `upload_blocks` is how many blocks the
    spec's upload must have; `inputs` are blocks that were not uploaded before, each with the index of its
    first item. `hinted`: with the shards that are new go hints to their workers, which spare them every read
    before the claim; function, spec and inputs are among these effects then.
    """

    counts: dict[str, int] = msgspec.field(default_factory=dict)
    block: tuple[str, bytes] | None = None
    entries: tuple[Entry, ...] = ()
    redo: Spans = EMPTY
    redo_waiting: bool = False
    new_agenda: bool = False
    dead_letters: tuple[DeadLetter, ...] = ()
    function: str | None = None
    spec: TaskSpec | None = None
    upload_blocks: int = 0
    inputs: tuple[tuple[int, Sequence[str]], ...] = ()
    hinted: bool = False


NO_EFFECTS = Effects()


class Decision(msgspec.Struct, Generic[AnswerT], frozen=True, kw_only=True):
    """`after` is None where the ledger stays as it is; effects without a ledger are counts only."""

    answer: AnswerT
    after: Ledger | None = None
    effects: Effects = NO_EFFECTS
