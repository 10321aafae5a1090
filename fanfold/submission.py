"""The body of a create request: a function, its items and its variables as JSON."""

from collections.abc import Iterable, Mapping
from typing import TypedDict

import msgspec

from fanfold.errors import BadItem

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


def submission(function: str, items: Iterable[Item], *, new_id: str, options: TaskOptions) -> bytes:
    """The body; `new_id` is the task's id unless the options name one. A `range` of items stays one.

    Raises BadItem.
    """
    body: dict[str, object] = {
        "id": options.get("task_id") or new_id,
        "templateFunction": function,
        "inputList": _range(items) if isinstance(items, range) else _texts(items),
    }
    for option, value in options.items():
        if option in _SPELLINGS and value:
            body[_SPELLINGS[option]] = value
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError as error:
        raise BadItem("a text of the task is no valid Unicode: it holds a lone surrogate") from error


def _range(items: range) -> dict[str, list[int]]:
    return {"range": [items.start, items.stop, items.step]}


def _texts(items: Iterable[Item]) -> list[str]:
    return [item if type(item) is str else _text(item, index=index) for index, item in enumerate(items)]


def _text(item: Item, *, index: int) -> str:
    if isinstance(item, bool) or not isinstance(item, str | int | float):
        raise BadItem(
            f"item {index} is {type(item).__name__}",
            hint="items are texts or numbers: use str() or json.dumps()",
        )
    return str(item)
