"""`fanfold tasks`: the tasks the service remembers."""

import click

from fanfold.terminal.api_command import ApiCommand, address_options, connect
from fanfold.terminal.table import table
from fanfold.terminal.wording import moment


@click.command(cls=ApiCommand)
@click.option(
    "--limit", type=click.IntRange(min=1, max=500), default=20, help="So many at most. [default: 20]"
)
@click.option("--after", metavar="CURSOR", help="Go on where an earlier page ended.")
def tasks(urls: tuple[str, ...], *, as_json: bool, limit: int, after: str | None) -> None:
    """List tasks, the newest first.

    \b
    fanfold tasks
    fanfold tasks --json --limit 100 | jq -r '.tasks[] | select(.status == "FAILED").taskId'
    """
    with connect(urls) as client:
        page = client.task_page(limit=limit, after=after)
    if as_json:
        from fanfold.terminal.json_shapes import print_json

        print_json(page)
        return
    rows = [
        (
            task.task_id,
            task.status.value,
            task.items_total,
            task.items_done,
            task.items_failed,
            moment(task.created_at),
            task.name,
        )
        for task in page.tasks
    ]
    click.echo(table(("TASK", "STATUS", "ITEMS", "DONE", "FAILED", "CREATED", "NAME"), rows))
    if page.next is not None:
        click.echo(
            f"more:  fanfold tasks{address_options(urls)} --limit {limit} --after {page.next}", err=True
        )
