"""`fanfold cancel`: stop a task."""

import click

from fanfold.terminal.api_command import ApiCommand, connect
from fanfold.terminal.selection import TASK, chosen_task
from fanfold.terminal.task_report import report


@click.command(cls=ApiCommand)
@TASK
def cancel(urls: tuple[str, ...], *, as_json: bool, task: str) -> None:
    """Stop a task; what runs is ended, what has not begun never begins.

    \b
    fanfold cancel 3f0c9a52-8d4b-4b52-9c39-1f2f1f6f3a10
    fanfold cancel last

    TASK is a task's id, or `last` for the newest. Results that are there stay; `fanfold retry` runs the
    rest after all.
    """
    with connect(urls) as client:
        status = client.cancel(chosen_task(client, task))
    report(status, as_json=as_json)
