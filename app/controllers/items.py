"""The items of a request as texts, each checked; numbers become the text they were written as."""

from collections.abc import Sequence

from app.errors import InvalidField
from app.models.item_range import ItemRange
from app.models.request import InvalidRequest
from app.services.item_blocks import POINTER, too_many
from app.support.strict_json import Json, written

MOST_FAULTS = 10
_SAFE_INTEGER = 2**63
_RANGE_HINT = 'such as {"range": [0, 1000]}, or {"range": [start, stop, step]}'


def items_of(value: Json, *, most: int) -> list[str] | ItemRange:
    """The items of an `inputList`, or the rule that makes them. Raises InvalidField."""
    if isinstance(value, dict):
        return _range(value, most=most)
    if not isinstance(value, list):
        what = "is missing" if value is None else "is not a list"
        raise InvalidField(
            f"inputList {what}", pointer=POINTER, hint='give a list, or {"range": [start, stop, step]}'
        )
    if len(value) > most:
        raise too_many(most)
    return _texts(value)


def text_of(value: Json) -> str | None:
    """The text of an item, or None where it cannot be one."""
    if isinstance(value, str):
        return None if "\0" in value else value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    return written(value) if isinstance(value, float) else None


def _texts(values: Sequence[Json]) -> list[str]:
    texts = [text_of(value) for value in values]
    wrong = (index for index, text in enumerate(texts) if text is None)
    faults = [
        fault_of(values[index], index=index) for index, _ in zip(wrong, range(MOST_FAULTS), strict=False)
    ]
    if faults:
        raise InvalidRequest(faults, hint="items are texts or numbers, without NUL characters")
    return [text for text in texts if text is not None]


def fault_of(value: Json, *, index: int) -> tuple[str, str]:
    """What is wrong with an item that has no text, and the pointer to it."""
    kinds = {
        dict: "an object",
        list: "a list",
        bool: "true or false",
        type(None): "null",
        str: "a text with NUL",
    }
    return f"item {index} is {kinds.get(type(value), 'no text')}", f"{POINTER}/{index}"


def _range(value: dict[str, Json], *, most: int) -> ItemRange:
    bounds = value.get("range")
    if set(value) != {"range"} or not isinstance(bounds, list) or not 2 <= len(bounds) <= 3:
        raise _bad_range('inputList is not {"range": [start, stop, step]}', at="")
    numbers = [bound for bound in bounds if isinstance(bound, int) and not isinstance(bound, bool)]
    if len(numbers) < len(bounds) or any(abs(number) >= _SAFE_INTEGER for number in numbers):
        raise _bad_range("a range has whole numbers of at most 63 bits", at="/range")
    if len(numbers) == 3 and numbers[2] == 0:
        raise _bad_range("the step of a range is not 0", at="/range/2")
    items = ItemRange.of(range(*numbers))
    if items.count > most:
        raise too_many(most)
    return items


def _bad_range(detail: str, *, at: str) -> InvalidField:
    return InvalidField(detail, pointer=POINTER + at, hint=_RANGE_HINT)
