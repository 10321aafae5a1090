"""The reference of the command line says what the code does."""

from pathlib import Path

import click

from fanfold.cli import cli
from fanfold.reference import JSON_OF, PAGE, page_text, write
from fanfold.terminal.api_command import ApiCommand

ROOT = Path(__file__).parents[3]


def test_the_page_is_what_the_code_makes() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page_text(), "run `make docs` and commit the page"


def test_the_page_is_written_below_the_root_that_is_named(tmp_path: Path) -> None:
    (tmp_path / PAGE).parent.mkdir(parents=True)

    write(tmp_path)

    assert (tmp_path / PAGE).read_text(encoding="utf-8") == page_text()


def test_every_command_that_has_json_says_its_shape() -> None:
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}

    assert {name for name, command in commands.items() if isinstance(command, ApiCommand)} == set(JSON_OF)


def test_the_page_names_states_outcomes_and_times() -> None:
    page = page_text()

    assert "| `status` | `CANCELLED`, `CANCELLING`, `COMPLETED`" in page
    assert "| `createdAt` | time (ISO 8601, UTC) or null | When it was accepted. |" in page
    assert "| `failures` | list of [ItemResult](#itemresult) |" in page
