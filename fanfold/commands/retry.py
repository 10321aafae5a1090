"""`fanfold retry`: run again what did not succeed."""

import click

from fanfold.exits import Exit
from fanfold.terminal.api_command import ApiCommand, connect
from fanfold.terminal.durations import SECONDS
from fanfold.terminal.selection import TASK, chosen_task
from fanfold.terminal.task_report import end_status, report, wait_for_end


@click.command(cls=ApiCommand)
@TASK
@click.option("--wait", is_flag=True, help="Wait until the new run is over.")
@click.option("--timeout", type=SECONDS, help="Wait so long at most, such as 30 or 5m; implies --wait.")
@click.pass_context
def retry(
    ctx: click.Context,
    /,
    urls: tuple[str, ...],
    *,
    as_json: bool,
    task: str,
    wait: bool,
    timeout: float | None,
) -> None:
    """Run a task's failed or cancelled items again, as its next run.

    \b
    fanfold retry --wait 3f0c9a52-8d4b-4b52-9c39-1f2f1f6f3a10
    fanfold retry last && fanfold results --follow last

    TASK is a task's id, or `last` for the newest. With --wait the exit status is 0 if the task completed,
    1 if it did not, 124 if the time was over first.
    """
    waiting = wait or timeout is not None
    with connect(urls) as client:
        status = client.retry(chosen_task(client, task))
        if waiting:
            status = wait_for_end(client, status.task_id, timeout_seconds=timeout)
    report(status, as_json=as_json)
    ctx.exit(end_status(status) if waiting else Exit.OK)
