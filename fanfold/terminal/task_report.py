"""Printing where a task is, now or at its end, for commands that do just that."""

from typing import TYPE_CHECKING

import click

from fanfold.exits import Exit
from fanfold.terminal.progress import Progress
from fanfold.terminal.status_text import status_lines

if TYPE_CHECKING:
    from fanfold.client import Client
    from fanfold.values import TaskStatus


def wait_for_end(client: "Client", task_id: str, *, timeout_seconds: float | None) -> "TaskStatus":
    """The task's status when it is over, with progress on the way."""
    with Progress(quiet=False) as progress:
        return client.wait(task_id, timeout_seconds=timeout_seconds, every_seconds=2, on_status=progress.show)


def report(status: "TaskStatus", *, as_json: bool) -> None:
    """Print the status on stdout."""
    if as_json:
        from fanfold.terminal.json_shapes import print_json

        print_json(status)
    else:
        click.echo("\n".join(status_lines(status)))


def end_status(status: "TaskStatus") -> Exit:
    """What a command that waited for the end exits with."""
    return Exit.OK if status.status.value == "COMPLETED" else Exit.FAILED
