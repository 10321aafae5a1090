"""The items of a stream of NDJSON, portion by portion; whatever is wrong, the line is named."""

import re
from collections.abc import Iterable, Iterator
from itertools import compress, count, islice

import msgspec

from app.controllers.bodies import Lines
from app.controllers.items import fault_of, text_of
from app.errors import MalformedBody
from app.models.request import InvalidRequest
from app.services.item_blocks import POINTER, too_many
from app.support.strict_json import read_json

ITEMS_TOTAL = "itemsTotal"
_NUMBER = re.compile(rb"-?(0|[1-9][0-9]{0,300})(\.[0-9]{1,300})?")
_TEXTS = msgspec.json.Decoder(list[str])


def items_in(portions: Iterable[Lines], *, total: int | None, most: int) -> Iterator[list[str]]:
    """The items on these lines. Raises MalformedBody, InvalidField, and what `portions` raises.

    `total` is how many there must be in the end, where that was said.
    """
    came = last = 0
    for first, lines in portions:
        items = _items_on(lines, number=first, index=came)
        if came + len(items) > most:
            raise too_many(most, line=_line_of(most - came, lines, number=first))
        came += len(items)
        last = first + len(lines) - 1
        yield items
    if total is not None and came != total:
        raise MalformedBody(
            f"{came} items came, up to line {last}, but {ITEMS_TOTAL} says {total}",
            pointer=f"#/{ITEMS_TOTAL}",
        )


def _items_on(lines: list[bytes], *, number: int, index: int) -> list[str]:
    # A text holds no raw line feed, so that none reaches over two lines.
    joined = b"[" + b",\n".join(lines) + b"]"
    try:
        items = _TEXTS.decode(joined)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _one_by_one(lines, number=number, index=index)
    is_plain = len(items) == len(lines) and b"\\u0000" not in joined
    return items if is_plain else _one_by_one(lines, number=number, index=index)


def _one_by_one(lines: list[bytes], *, number: int, index: int) -> list[str]:
    """The same for all other lines: numbers, empty ones, and those that have something wrong."""
    items: list[str] = []
    for line_number, line in enumerate(lines, start=number):
        if _NUMBER.fullmatch(line) is not None:
            items.append(line.decode())
        elif line.strip():
            items.append(_item_on(line, number=line_number, index=index + len(items)))
    return items


def _item_on(line: bytes, *, number: int, index: int) -> str:
    try:
        value = read_json(line)
    except MalformedBody as error:
        what = error.detail.replace(" at line 1, column ", " at column ")
        raise MalformedBody(
            f"line {number}, item {index}: {what}", pointer=f"{POINTER}/{index}", hint=error.hint
        ) from error
    text = text_of(value)
    if text is None:
        detail, pointer = fault_of(value, index=index)
        raise InvalidRequest([(f"line {number}: {detail}", pointer)], hint="give a text or a number a line")
    return text


def _line_of(position: int, lines: list[bytes], *, number: int) -> int:
    """The line that has the item of this position among those of these lines."""
    with_item = compress(count(number), (line.strip() for line in lines))
    return next(islice(with_item, position, None))
