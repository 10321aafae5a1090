"""A task's items as they are stored: counted, and cut into blocks."""

from collections.abc import Iterable, Iterator

from app.errors import InvalidField

BLOCK_ITEMS = 1_000
BLOCK_BYTES = 128 << 10
ARGUMENT_BYTES = 131_071
POINTER = "#/inputList"
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
            raise too_many(most)
        yield item
    check_count(count, most=most)


def check_count(count: int, *, most: int) -> None:
    """Raises InvalidField for too many items, and for none."""
    if count > most:
        raise too_many(most)
    if count == 0:
        raise InvalidField("inputList is empty", pointer=POINTER, hint="give at least one item")


def too_many(most: int) -> InvalidField:
    return InvalidField(
        f"inputList has more than {most} items",
        pointer=POINTER,
        hint="split it over several tasks, or raise fanfold.task.max-items",
    )


def fit_for_arguments(items: Iterable[str]) -> Iterator[str]:
    """The items. Raises InvalidField at one that Linux does not take as an argument of a program."""
    for index, item in enumerate(items):
        if len(item) * 4 > ARGUMENT_BYTES and len(item.encode()) > ARGUMENT_BYTES:
            raise InvalidField(
                f"item {index} has more than {ARGUMENT_BYTES} bytes, the most that an argument holds",
                pointer=f"{POINTER}/{index}",
                hint="put it into a file, or use language bash, which has no such limit",
            )
        yield item
