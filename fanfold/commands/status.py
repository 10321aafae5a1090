"""`fanfold status`: where a task is, or what became of it."""

import click

from fanfold.exits import Exit
from fanfold.terminal.api_command import ApiCommand, connect
from fanfold.terminal.durations import SECONDS
from fanfold.terminal.selection import TASK, chosen_task
from fanfold.terminal.task_report import end_status, report, wait_for_end


@click.command(cls=ApiCommand)
@TASK
@click.option("--wait", is_flag=True, help="Wait until the task is over.")
@click.option("--timeout", type=SECONDS, help="Wait so long at most, such as 30 or 5m; implies --wait.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 after waiting, whatever became of the task.")
@click.pass_context
def status(
    ctx: click.Context,
    /,
    urls: tuple[str, ...],
    *,
    as_json: bool,
    task: str,
    wait: bool,
    timeout: float | None,
    exit_zero: bool,
) -> None:
    """Show where a task is, or wait for its end.

    \b
    fanfold status 3f0c9a52-8d4b-4b52-9c39-1f2f1f6f3a10
    fanfold status --wait --timeout 10m last

    TASK is a task's id, or `last` for the newest. With --wait the exit status is 0 if the task completed,
    1 if it did not, 124 if the time was over first; without it, 0.
    """
    waiting = wait or timeout is not None
    with connect(urls) as client:
        task_id = chosen_task(client, task)
        seen = wait_for_end(client, task_id, timeout_seconds=timeout) if waiting else client.status(task_id)
    report(seen, as_json=as_json)
    ctx.exit(end_status(seen) if waiting and not exit_zero else Exit.OK)
