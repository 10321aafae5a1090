"""What differs between kinds of slot processes: how to start one, tell it items, read its answers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from app.models.result import ItemResult, Outcome
from worker.runners.enclosure.launcher import Command
from worker.runners.ports import Item

RECORD_SEPARATOR = b"\x1e"
"""Begins each line of the control pipe that is an answer; other lines are remarks of the slot process."""

READY = RECORD_SEPARATOR + b"ready"
"""Said once, when the function has been read."""

END = RECORD_SEPARATOR + b"end"
"""Ends each batch; items of it without an answer were not begun."""

RETIRE = RECORD_SEPARATOR + b"retire"
"""Said in place of END by a slot process that wants to be replaced."""


class Answer(NamedTuple):
    """How one item ended, as its slot process saw it.

    `mark` follows the item's output on both streams. Times are None where the slot process has no
    clock. `remark` belongs to stderr: what the slot process itself said about the item.
    """

    item_index: int
    mark: bytes
    outcome: Outcome
    exit_code: int | None = None
    signal: int | None = None
    started_at: float | None = None
    duration_ms: float | None = None
    value: bytes | None = None
    remark: bytes = b""


class Announcement(NamedTuple):
    """A batch for the slot process: files of its folder by name, and what to write to its first pipe."""

    files: Mapping[str, bytes]
    line: bytes


class Dialect(Protocol):
    """Pure, apart from `prepare`, which writes the function into the slot process's folder once."""

    @property
    def descriptors(self) -> tuple[int, int]:
        """The numbers in the slot process of the pipe it is told batches by, and of the control pipe."""
        ...

    @property
    def introduction(self) -> bytes:
        """What a slot process is told by its first pipe before any batch, when its function is there."""
        ...

    @property
    def mark(self) -> bytes | None:
        """What follows each item's output, where it is always the same (see `marked_stream`)."""
        ...

    @property
    def batch_items(self) -> int:
        """How many items it should be told at a time."""
        ...

    @property
    def batch_characters(self) -> int:
        """How much text the slot process should hold at a time, if that is more than one item."""
        ...

    @property
    def leader_is_item(self) -> bool:
        """Whether an item runs in the slot process itself, so that SIGTERM for the item goes to it too."""
        ...

    def prepare(self, directory: Path) -> None: ...

    def command(self, directory: Path) -> Command: ...

    @property
    def joins_any(self) -> bool:
        """Whether it joins whatever items there are."""
        ...

    def joins(self, item: Item, *, first: Item) -> bool:
        """Whether an item may be told in one batch with another: it can be run, and is alike enough."""
        ...

    def refuse(self, item: Item) -> bytes | None:
        """Why this item cannot be run, for its stderr; None when it can."""
        ...

    def announce(self, items: Sequence[Item]) -> Announcement: ...

    def read(self, line: bytes, *, remarks: Sequence[bytes]) -> Answer:
        """An answer line, without its separator; raises ValueError when it is none."""
        ...


@runtime_checkable
class WholeAnswers(Protocol):
    """What a dialect may be besides: one whose answers are whole results of items that wrote nothing.

    Those that did write are answered by lines.
    """

    def read_whole(self, count: int, answers: bytes) -> list[ItemResult]:
        """So many results; raises ValueError where one is none."""
        ...
