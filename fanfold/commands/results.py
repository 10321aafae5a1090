"""`fanfold results`: the outputs of a task's items, those that are there or as they come."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from fanfold.errors import FanfoldError
from fanfold.exits import Exit
from fanfold.terminal.api_command import ApiCommand, address_options, connect
from fanfold.terminal.selection import TASK, chosen_task
from fanfold.terminal.showing import Showing
from fanfold.terminal.sinks import JsonLinesSink, OutputSink, Sink
from fanfold.terminal.task_report import end_status

if TYPE_CHECKING:
    from fanfold.values import Outcome

_OUTCOMES = ("ok", "failed", "timeout", "killed", "lost", "cancelled")


@click.command(cls=ApiCommand)
@TASK
@click.option("--failed", is_flag=True, help="Only items that failed, whatever the way.")
@click.option(
    "--outcome",
    multiple=True,
    metavar="OUTCOME",
    help=f"Only these: {', '.join(_OUTCOMES)}; repeat or use commas.",
)
@click.option("--follow", is_flag=True, help="Go on until the task is over.")
@click.option("--start", type=click.IntRange(min=0), default=0, help="Begin at the item of this index.")
@click.option("--limit", type=click.IntRange(min=1), help="Print so many at most; not with --follow.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, and no line about each failed item.")
@click.pass_context
def results(
    ctx: click.Context,
    /,
    urls: tuple[str, ...],
    *,
    as_json: bool,
    task: str,
    failed: bool,
    outcome: Sequence[str],
    follow: bool,
    start: int,
    limit: int | None,
    quiet: bool,
) -> None:
    """Print the results of a task, in the items' order.

    \b
    fanfold results last
    fanfold results --failed --json last | jq -r .item
    fanfold results --follow --start 5000 3f0c9a52-8d4b-4b52-9c39-1f2f1f6f3a10

    Prints what the items wrote, byte for byte, stdout to stdout and stderr to stderr; with --json one
    line of JSON a result. TASK is a task's id, or `last` for the newest. With --follow the exit status
    is 0 if the task completed, 1 if it did not.
    """
    if follow and limit is not None:
        raise click.UsageError("--limit and --follow do not go together.")
    chosen = _outcomes(outcome, failed=failed)
    sink: Sink = JsonLinesSink() if as_json else OutputSink(notes=not quiet)
    with connect(urls) as client:
        task_id = chosen_task(client, task)
        if follow:
            showing = Showing(client, task_id, sink=sink, quiet=quiet, start=start)
            ctx.exit(_follow(showing, outcomes=chosen, address=address_options(urls)))
        batches = client.result_batches(
            task_id, outcomes=chosen, start=start, limit=limit, brief=sink.is_brief
        )
        for found in batches:
            sink.take(found)
        sink.flush()


def _follow(showing: Showing, *, outcomes: "tuple[Outcome, ...]", address: str) -> Exit:
    try:
        return end_status(showing.to_the_end(outcomes=outcomes))
    except KeyboardInterrupt:
        showing.interrupted(address=address)
        return Exit.INTERRUPTED
    except FanfoldError as error:
        if showing.seen:
            showing.broken_off(error, address=address)
        raise


def _outcomes(names: Sequence[str], *, failed: bool) -> "tuple[Outcome, ...]":
    from fanfold.values import FAILURES, Outcome

    chosen = [name for text in names for name in text.replace(",", " ").split()]
    unknown = [name for name in chosen if name not in _OUTCOMES]
    if unknown:
        raise click.UsageError(f"{unknown[0]!r} is no outcome; there are {', '.join(_OUTCOMES)}.")
    return tuple(dict.fromkeys([*map(Outcome, chosen), *(FAILURES if failed else ())]))
