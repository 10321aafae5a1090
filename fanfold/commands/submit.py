"""`fanfold submit`: hand a task over and print its id."""

from typing import Unpack

import click

from fanfold.terminal.api_command import ApiCommand, connect
from fanfold.terminal.task_arguments import TaskWords, read_task, task_arguments
from fanfold.terminal.wording import printable


@click.command(cls=ApiCommand)
@task_arguments
def submit(urls: tuple[str, ...], *, as_json: bool, **task: Unpack[TaskWords]) -> None:
    """Submit a task and print its id; the task goes on by itself.

    \b
    id=$(fanfold submit 'sha256sum "$1"' *.txt)
    fanfold submit --name hosts -a hosts.txt 'ping -c1 "$1"'
    fanfold submit -f build.sh -v level=3 -- *.c

    TEMPLATE and ITEMs are those of `fanfold run`. Once the id is printed the task is safe.
    """
    arguments = read_task(**task)
    if not arguments.items:
        raise click.UsageError("No items: a task needs one at least.")
    with connect(urls) as client:
        status = client.submit(arguments.function, arguments.items, **arguments.options)
    for warning in status.warnings:
        click.echo(f"fanfold: warning: {printable(warning)}", err=True)
    if as_json:
        from fanfold.terminal.json_shapes import print_json

        print_json(status)
    else:
        click.echo(status.task_id)
