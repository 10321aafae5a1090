"""The arguments that say what a task is, shared by `run` and `submit`."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ParamSpec, TypedDict, TypeVar, Unpack
from uuid import UUID

import click

from fanfold.terminal.durations import SECONDS
from fanfold.terminal.item_source import read_items

if TYPE_CHECKING:
    from fanfold.submission import TaskOptions, Variable

_P = ParamSpec("_P")
_T = TypeVar("_T")

_OPTIONS = (
    click.argument("words", nargs=-1, metavar="TEMPLATE [ITEM]..."),
    click.option("-f", "--function-file", type=click.File("rb"), help="Take the function from this file."),
    click.option(
        "-a", "--arg-file", type=click.File("rb"), help="Take the items from this file, one a line."
    ),
    click.option("-0", "--null", is_flag=True, help="Items in a file or on stdin end with NUL, not newline."),
    click.option(
        "-v",
        "--variable",
        "variables",
        multiple=True,
        metavar="NAME=VALUE",
        help="What {{NAME}} in the template stands for; NAME:=JSON for a number or true.",
    ),
    click.option(
        "--lang",
        type=click.Choice(["bash", "sh", "python"]),
        default="bash",
        help="Language of the function.",
    ),
    click.option("--name", help="A name for the task."),
    click.option("--timeout", type=SECONDS, help="Limit for one item, such as 30, 1.5, 2m."),
    click.option("--priority", type=int, default=0, help="Higher goes first. [default: 0]"),
    click.option(
        "--idempotent", is_flag=True, help="Items may run twice: a late one is also tried elsewhere."
    ),
    click.option("--id", "task_id", type=click.UUID, help="The task's id; the same again is the same task."),
)


class TaskWords(TypedDict):
    """What click hands to a command that has these arguments, unread."""

    words: Sequence[str]
    function_file: BinaryIO | None
    arg_file: BinaryIO | None
    null: bool
    variables: Sequence[str]
    lang: str
    name: str | None
    timeout: float | None
    priority: int
    idempotent: bool
    task_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class TaskArguments:
    """A task as the command line describes it."""

    function: str
    items: list[str]
    options: "TaskOptions"


def task_arguments(command: Callable[_P, _T]) -> Callable[_P, _T]:
    """Give a command the arguments; it passes what it gets on to `read_task`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_task(**given: Unpack[TaskWords]) -> TaskArguments:
    """Read the function and the items. Raises UsageError."""
    words, file = given["words"], given["function_file"]
    if file is None and not words:
        raise click.UsageError("Missing argument 'TEMPLATE'.")
    function = words[0] if file is None else _text(file)
    arguments = words[1:] if file is None else words
    _advise(function, lang=given["lang"])
    return TaskArguments(
        function=function,
        items=read_items(_after_colons(arguments), file=given["arg_file"], null_separated=given["null"]),
        options={
            "variables": _variables(given["variables"]),
            "language": given["lang"],
            "name": given["name"],
            "timeout_seconds": given["timeout"],
            "priority": given["priority"],
            "idempotent": given["idempotent"],
            "task_id": None if given["task_id"] is None else str(given["task_id"]),
        },
    )


def _text(file: BinaryIO) -> str:
    try:
        return file.read().decode()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{Path(file.name).name} is not UTF-8: {error}") from error


def _after_colons(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[1:] if arguments[:1] == (":::",) else arguments


def _advise(function: str, *, lang: str) -> None:
    names_item = any(word in function for word in ("$1", "$@", "-exec"))
    if lang != "python" and "{}" in function.split() and not names_item:
        click.echo('fanfold: note: {} is not replaced; the item is "$1" in the function', err=True)


def _variables(definitions: Sequence[str]) -> dict[str, "Variable"]:
    found: dict[str, Variable] = {}
    for definition in definitions:
        name, equals, value = definition.partition("=")
        if not equals or not name.removesuffix(":"):
            raise click.UsageError(f"{definition!r} is no variable: write NAME=VALUE.")
        if name.removesuffix(":") in found:
            raise click.UsageError(f"The variable {name.removesuffix(':')!r} is given twice.")
        found[name.removesuffix(":")] = _json(value, name=name) if name.endswith(":") else value
    return found


def _json(text: str, *, name: str) -> "Variable":
    try:
        value = json.loads(text, parse_constant=_refused)
    except ValueError:
        value = None
    if not isinstance(value, str | int | float | bool):
        raise click.UsageError(f"{name}={text} is no JSON text, number, true or false.")
    return value


def _refused(constant: str) -> None:
    raise ValueError(constant)
