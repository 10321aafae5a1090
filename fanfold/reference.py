"""Writes docs/reference/cli.md: every command's help, its JSON and the exit statuses, from the code."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from fanfold.addresses import DEFAULT_URL, VARIABLE
from fanfold.cli import SECTIONS, cli
from fanfold.exits import MEANINGS, MOST_COUNTED_FAILURES, Exit
from fanfold.terminal.api_command import ApiCommand
from fanfold.terminal.json_shapes import ErrorDetail, ErrorReport, RunReport
from fanfold.values import ItemResult, Node, NodeList, TaskPage, TaskStatus

PAGE = Path("docs/reference/cli.md")
JSON_OF: dict[str, type[msgspec.Struct]] = {
    "run": RunReport,
    "submit": TaskStatus,
    "status": TaskStatus,
    "results": ItemResult,
    "cancel": TaskStatus,
    "retry": TaskStatus,
    "tasks": TaskPage,
    "nodes": NodeList,
}
_SHAPES: tuple[type[msgspec.Struct], ...] = (
    TaskStatus,
    ItemResult,
    RunReport,
    TaskPage,
    NodeList,
    Node,
    ErrorReport,
    ErrorDetail,
)
_WIDTH = 100
_MOST_TYPES = 4

_HEAD = f"""# Command line

<!-- Made from the code by `make docs`. -->

The commands of the first section talk to the service over HTTP, wherever it runs. They find it by `--url`
(repeat it for several servers: when one is away, the next is asked), else by the environment variable
`{VARIABLE}` (several URLs with commas or blanks between them), else at `{DEFAULT_URL}`.

Data goes to stdout; progress, warnings and errors go to stderr. Progress is drawn on a terminal only, without
colours if `NO_COLOR` is set, and not at all if `TERM` is `dumb`. With `--json` a command prints exactly one
JSON value, `results` one a line. Members may be added to these values; none is taken away or changed.

Shell completion: `eval "$(_FANFOLD_COMPLETE=bash_source fanfold)"`, likewise `zsh_source` and
`_FANFOLD_COMPLETE=fish_source fanfold | source`.
"""


def page_text() -> str:
    """The whole page."""
    return "\n".join((_HEAD, *_statuses(), *_commands(), *_shapes()))


def write(root: Path) -> None:
    """Write the page below `root`, the project's folder."""
    (root / PAGE).write_text(page_text(), encoding="utf-8")


def _statuses() -> Iterator[str]:
    yield "## Exit statuses\n\n| status | meaning |\n|---|---|"
    for status, meaning in MEANINGS.items():
        yield f"| {status:d} | {meaning} |"
    yield (
        "\n`fanfold run` has its own, as GNU parallel has: 0 when every item succeeded, the number of\n"
        f"failed items up to {MOST_COUNTED_FAILURES}, {Exit.MANY_FAILED:d} for more, "
        f"{Exit.RUN_NOT_DONE:d} when the run itself could not be done,\n"
        f"{Exit.INTERRUPTED:d} after Ctrl-C, which leaves the task running.\n"
    )


def _commands() -> Iterator[str]:
    root = click.Context(cli, info_name="fanfold", **cli.context_settings)
    installed = cli.list_commands(root)
    for section, names in SECTIONS.items():
        yield f"## {section}\n"
        for name in names:
            if name in installed:
                yield from _command(root, name)


def _command(root: click.Context, name: str) -> Iterator[str]:
    command = cli.get_command(root, name)
    if command is None:
        raise LookupError(name)
    context = click.Context(
        command, info_name=name, parent=root, terminal_width=_WIDTH, max_content_width=_WIDTH
    )
    yield f"### fanfold {name}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, ApiCommand):
        each = "a line for each result: " if name == "results" else ""
        yield f"`--json` prints {each}{_link(JSON_OF[name])}.\n"


def _shapes() -> Iterator[str]:
    yield "## JSON\n"
    yield f"A command that fails prints {_link(ErrorReport)} in the place of its value.\n"
    for shape in _SHAPES:
        yield f"### {shape.__name__}\n\n{(shape.__doc__ or '').strip()}\n"
        yield "| member | type | meaning |\n|---|---|---|"
        _, components = msgspec.json.schema_components([shape])
        for member, schema in components[shape.__name__]["properties"].items():
            yield f"| `{member}` | {_type(schema, components)} | {schema['description']} |"
        yield ""


def _type(schema: Mapping[str, Any], components: Mapping[str, Any]) -> str:
    match schema:
        case {"anyOf": options}:
            words = dict.fromkeys(_type(option, components) for option in options)
            return "anything" if len(words) > _MOST_TYPES else " or ".join(words)
        case {"allOf": [only]}:
            return _type(only, components)
        case {"type": "array", "items": each}:
            return f"list of {_type(each, components)}"
        case {"$ref": reference}:
            return _named(reference.rpartition("/")[2], components)
        case {"type": "string", "format": "date-time"}:
            return "time (ISO 8601, UTC)"
        case {"type": word}:
            return str(word)
        case _:
            return "anything"


def _named(name: str, components: Mapping[str, Any]) -> str:
    if "enum" in components[name]:
        return ", ".join(f"`{value}`" for value in components[name]["enum"])
    return _link(next(shape for shape in _SHAPES if shape.__name__ == name))


def _link(shape: type[msgspec.Struct]) -> str:
    return f"[{shape.__name__}](#{shape.__name__.lower()})"


if __name__ == "__main__":
    write(Path(*sys.argv[1:]))
