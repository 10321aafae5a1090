"""`fanfold run`: submit a task, print outputs in item order as they come, exit with the failures' number."""

import uuid
from typing import TYPE_CHECKING, ClassVar, Unpack

import click

from fanfold.errors import FanfoldError
from fanfold.exits import Exit, failures
from fanfold.terminal.api_command import ApiCommand, address_options, connect
from fanfold.terminal.failure import tell
from fanfold.terminal.showing import Showing
from fanfold.terminal.sinks import OutputSink, RunReportSink, Sink
from fanfold.terminal.task_arguments import TaskArguments, TaskWords, read_task, task_arguments
from fanfold.terminal.wording import printable

if TYPE_CHECKING:
    from fanfold.client import Client
    from fanfold.values import TaskStatus


class RunCommand(ApiCommand):
    """Fails with a status that no number of failed items has."""

    only_failure_status: ClassVar[Exit | None] = Exit.RUN_NOT_DONE


@click.command(cls=RunCommand)
@task_arguments
@click.option("-q", "--quiet", is_flag=True, help="No progress, and no line about each failed item.")
@click.pass_context
def run(
    ctx: click.Context, /, urls: tuple[str, ...], *, as_json: bool, quiet: bool, **task: Unpack[TaskWords]
) -> None:
    """Run a function over items and print what they write, in the items' order.

    \b
    fanfold run 'sha256sum "$1"' a.txt b.txt c.txt
    ls *.log | fanfold run 'gzip -k "$1"'
    fanfold run -v size=200x200 'convert "$1" -resize {{size}} "small-$1"' *.png
    seq 1000000 | fanfold run --lang python 'def run(item): return int(item) ** 2'

    TEMPLATE is the function: for bash and sh its body, where "$1" is the item; for python a text that
    defines run(item); or any program that starts with #!. Items are the arguments after it, else the
    lines of --arg-file, else the lines of standard input. Put -- before items that start with a dash.

    Exits with 0 when every item succeeded, with the number of failed items up to 100, with 101 for more,
    with 255 when the run itself could not be done, and with 130 after Ctrl-C, which leaves the task running.
    """
    arguments = read_task(**task)
    sink: Sink = RunReportSink() if as_json else OutputSink(notes=not quiet)
    if not arguments.items:
        click.echo("fanfold: no items: nothing to run", err=True)
        sink.end(None)
        return
    with connect(urls) as client:
        showing = Showing(client, _task_id(arguments), sink=sink, quiet=quiet)
        try:
            last = _run(client, arguments, showing=showing, address=address_options(urls))
        except KeyboardInterrupt:
            showing.interrupted(address=address_options(urls))
            ctx.exit(Exit.INTERRUPTED)
    sink.end(last)
    ctx.exit(_exit_status(last))


def _task_id(arguments: TaskArguments) -> str:
    return arguments.options.get("task_id") or str(uuid.uuid4())


def _run(client: "Client", arguments: TaskArguments, *, showing: Showing, address: str) -> "TaskStatus":
    options = arguments.options | {"task_id": showing.task_id}
    submitted = client.submit(arguments.function, arguments.items, **options)
    for warning in submitted.warnings:
        click.echo(f"fanfold: warning: {printable(warning)}", err=True)
    try:
        return showing.to_the_end()
    except FanfoldError as error:
        showing.broken_off(error, address=address)
        tell(error, as_json=False)
        raise click.exceptions.Exit(Exit.RUN_NOT_DONE) from error


def _exit_status(last: "TaskStatus") -> int:
    if last.status.value == "COMPLETED":
        return Exit.OK
    if last.status.value == "FAILED" and last.items_failed:
        return failures(last.items_failed)
    why = f": {printable(last.reason)}" if last.reason else ""
    click.echo(f"fanfold: error: task {last.task_id} is {last.status}{why}", err=True)
    return Exit.RUN_NOT_DONE
