"""Which task a command means: its id, or `last` for the newest."""

from typing import TYPE_CHECKING

import click

from fanfold.errors import FanfoldError

if TYPE_CHECKING:
    from fanfold.client import Client


TASK = click.argument("task", metavar="TASK")


class NoTaskYet(FanfoldError):
    """The newest task is meant, and there is none."""

    code = "no-task-yet"


def chosen_task(client: "Client", task: str) -> str:
    """The id of the task that is meant. Raises NoTaskYet."""
    if task != "last":
        return task
    page = client.task_page(limit=1)
    if not page.tasks:
        raise NoTaskYet("there is no task yet")
    return page.tasks[0].task_id
