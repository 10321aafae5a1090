"""A task's items as they are stored: cut into blocks, counted, and hashed with the rest of the task."""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from app.errors import InvalidField
from app.models.request import MasterTask

BLOCK_ITEMS = 1_000
BLOCK_BYTES = 128 << 10
ARGUMENT_BYTES = 131_071
Block = tuple[int, list[str]]
"""The index of its first item, and its items."""


def blocks_of(items: Iterable[str]) -> Iterator[Block]:
    """Blocks of 1,000 items or 128 KiB of text, whichever comes first."""
    first = 0
    block: list[str] = []
    held_bytes = 0
    for item in items:
        block.append(item)
        held_bytes += len(item) if item.isascii() else len(item.encode())
        if len(block) == BLOCK_ITEMS or held_bytes >= BLOCK_BYTES:
            yield first, block
            first += len(block)
            block, held_bytes = [], 0
    if block:
        yield first, block


def bounded(items: Iterable[str], *, most: int) -> Iterator[str]:
    """The items. Raises InvalidField at one too many, and where there are none."""
    count = 0
    for item in items:
        count += 1
        if count > most:
            raise InvalidField(
                f"inputList has more than {most} items",
                pointer="#/inputList",
                hint="split it over several tasks, or raise fanfold.task.max-items",
            )
        yield item
    if count == 0:
        raise InvalidField("inputList is empty", pointer="#/inputList", hint="give at least one item")


def fit_for_arguments(items: Iterable[str]) -> Iterator[str]:
    """The items. Raises InvalidField at one that Linux does not take as an argument of a program."""
    for index, item in enumerate(items):
        if len(item) * 4 > ARGUMENT_BYTES and len(item.encode()) > ARGUMENT_BYTES:
            raise InvalidField(
                f"item {index} has more than {ARGUMENT_BYTES} bytes, the most that an argument holds",
                pointer=f"#/inputList/{index}",
                hint="put it into a file, or use language bash, which has no such limit",
            )
        yield item


class Fingerprint:
    """SHA-256 over what makes a task the same task: all it says but its id."""

    def __init__(self, task: MasterTask) -> None:
        said = task.model_dump(mode="json", exclude={"id", "input_list"})
        self._hash = hashlib.sha256(msgspec.json.encode(said, order="sorted"))

    def add(self, block: Block) -> None:
        self._hash.update(msgspec.json.encode(block[1]))

    @property
    def text(self) -> str:
        return self._hash.hexdigest()
