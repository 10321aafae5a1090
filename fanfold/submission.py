"""The body of a create request: a function, its items and its variables as JSON."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import msgspec

from fanfold.errors import BadItem

_MOST_JSON_ITEMS = 10_000
_MOST_JSON_LENGTH = 1 << 20
_PIECE_LINES = 2_000

Item = str | int | float
Variable = str | int | float | bool


class TaskOptions(TypedDict, total=False):
    """What a task may say beside its function and items.

    `language` is bash (the default), sh or python. `timeout_seconds` is the limit for one item.
    `idempotent` says that an item may run twice. `task_id` (a UUID) makes a repetition harmless: the
    same id and body is the same task.
    """

    variables: Mapping[str, Variable]
    language: str
    name: str | None
    priority: int
    timeout_seconds: float | None
    idempotent: bool
    task_id: str | None


_SPELLINGS = {
    "variables": "variableJson",
    "language": "language",
    "name": "name",
    "priority": "priority",
    "timeout_seconds": "timeoutSeconds",
    "idempotent": "idempotent",
}


@dataclass(frozen=True, kw_only=True)
class Body:
    """A body that can be sent again: `content()` makes it anew, whole or in pieces."""

    content_type: str
    content: Callable[[], bytes | Iterator[bytes]]


def json_body(value: object) -> Body:
    """The value as JSON."""
    data = msgspec.json.encode(value)
    return Body(content_type="application/json", content=lambda: data)


def submission(function: str, items: Iterable[Item], *, new_id: str, options: TaskOptions) -> Body:
    """The body; `new_id` is the task's id unless the options name one. A `range` of items stays one.

    Long lists go as NDJSON, for which the server has no limit of size. Raises BadItem.
    """
    task: dict[str, object] = {"id": options.get("task_id") or new_id, "templateFunction": function}
    for option, value in options.items():
        if option in _SPELLINGS and value:
            task[_SPELLINGS[option]] = value
    try:
        if isinstance(items, range):
            return json_body(task | {"inputList": {"range": [items.start, items.stop, items.step]}})
        texts = _texts(items)
        if _is_short(texts):
            return json_body(task | {"inputList": texts})
        header = msgspec.json.encode(task | {"itemsTotal": len(texts)})
    except UnicodeEncodeError as error:
        raise BadItem("a text of the task is no valid Unicode: it holds a lone surrogate") from error
    return Body(content_type="application/x-ndjson", content=lambda: _lines(header, texts))


def _is_short(texts: Sequence[str]) -> bool:
    return len(texts) <= _MOST_JSON_ITEMS and sum(map(len, texts)) <= _MOST_JSON_LENGTH


def _lines(header: bytes, texts: Sequence[str]) -> Iterator[bytes]:
    yield header + b"\n"
    encoder = msgspec.json.Encoder()
    for first in range(0, len(texts), _PIECE_LINES):
        yield encoder.encode_lines(texts[first : first + _PIECE_LINES])


def _texts(items: Iterable[Item]) -> list[str]:
    return [
        item if type(item) is str and item.isascii() else _text(item, index=index)
        for index, item in enumerate(items)
    ]


def _text(item: Item, *, index: int) -> str:
    if isinstance(item, bool) or not isinstance(item, str | int | float):
        raise BadItem(
            f"item {index} is {type(item).__name__}",
            hint="items are texts or numbers: use str() or json.dumps()",
        )
    text = str(item)
    if not text.isascii():
        text.encode()
    return text
