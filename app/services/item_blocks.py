"""A task's items on their way into the store: in portions as they come, checked, and cut into blocks."""

from collections.abc import Iterable, Iterator, Sequence

from app.errors import InvalidField

BLOCK_ITEMS = 1_000
BLOCK_BYTES = 128 << 10
ARGUMENT_BYTES = 131_071
POINTER = "#/inputList"
Block = tuple[int, list[str]]
"""The index of its first item, and its items."""


def blocks_of(portions: Iterable[Sequence[str]]) -> Iterator[Block]:
    """Blocks of 1,000 items or 128 KiB of text, whichever comes first, however the items come."""
    first = 0
    block: list[str] = []
    held_bytes = 0
    for portion in portions:
        at = 0
        while at < len(portion):
            room = portion[at : at + BLOCK_ITEMS - len(block)]
            taken, taken_bytes = _up_to(BLOCK_BYTES - held_bytes, room)
            block += taken
            held_bytes += taken_bytes
            at += len(taken)
            if len(block) == BLOCK_ITEMS or held_bytes >= BLOCK_BYTES:
                yield first, block
                first += len(block)
                block, held_bytes = [], 0
    if block:
        yield first, block


def _up_to(enough_bytes: int, items: Sequence[str]) -> tuple[Sequence[str], int]:
    """The items up to the one with which there are bytes enough, or all, and the bytes of them."""
    all_bytes = _bytes_of("".join(items))
    if all_bytes < enough_bytes:
        return items, all_bytes
    held_bytes = 0
    for count, item in enumerate(items, start=1):
        held_bytes += _bytes_of(item)
        if held_bytes >= enough_bytes:
            return items[:count], held_bytes
    return items, held_bytes


def _bytes_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def bounded(portions: Iterable[Sequence[str]], *, most: int) -> Iterator[Sequence[str]]:
    """The same. Raises InvalidField where they are too many, and where there are none."""
    count = 0
    for portion in portions:
        count += len(portion)
        if count > most:
            raise too_many(most)
        yield portion
    check_count(count, most=most)


def check_count(count: int, *, most: int) -> None:
    """Raises InvalidField for too many items, and for none."""
    if count > most:
        raise too_many(most)
    if count == 0:
        raise InvalidField("inputList is empty", pointer=POINTER, hint="give at least one item")


def too_many(most: int, *, line: int | None = None) -> InvalidField:
    """The error, which names the line with the first item that is too many."""
    return InvalidField(
        f"inputList has more than {most} items" + (f": line {line} is one too many" if line else ""),
        pointer=POINTER,
        hint="split it over several tasks, or raise fanfold.task.max-items",
    )


def fit_for_arguments(portions: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """The same. Raises InvalidField for an item that Linux does not take as an argument of a program."""
    first = 0
    for portion in portions:
        for index, item in enumerate(portion, start=first):
            if len(item) * 4 > ARGUMENT_BYTES and _bytes_of(item) > ARGUMENT_BYTES:
                raise _no_argument(index)
        first += len(portion)
        yield portion


def _no_argument(index: int) -> InvalidField:
    return InvalidField(
        f"item {index} has more than {ARGUMENT_BYTES} bytes, the most that an argument holds",
        pointer=f"{POINTER}/{index}",
        hint="put it into a file, or use language bash, which has no such limit",
    )
