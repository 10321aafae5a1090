"""Following a task on the terminal: results to a sink, progress beside it, and the way back."""

from typing import TYPE_CHECKING

import click

from fanfold.errors import FanfoldError
from fanfold.terminal.progress import Progress
from fanfold.terminal.sinks import Sink

if TYPE_CHECKING:
    from fanfold.client import Client
    from fanfold.values import Outcome, TaskStatus


class Showing:
    """Results of one task on their way to a sink, from index `start` on."""

    def __init__(self, client: "Client", task_id: str, *, sink: Sink, quiet: bool, start: int = 0) -> None:
        self.task_id = task_id
        self._start = start
        self.seen = False
        self._client = client
        self._sink = sink
        self._quiet = quiet

    def to_the_end(self, *, outcomes: "tuple[Outcome, ...]" = ()) -> "TaskStatus":
        """Write results as they come until the task is over; its last status."""
        with Progress(quiet=self._quiet) as progress:
            batches = self._client.follow_batches(
                self.task_id,
                start=self._start,
                outcomes=outcomes,
                on_status=lambda status: self._on_status(status, progress=progress),
                brief=self._sink.is_brief,
            )
            for results in batches:
                progress.hide()
                self._sink.take(results)
            self._sink.flush()
        if progress.last is None:
            raise RuntimeError("following a task tells its status at least once")
        return progress.last

    def _on_status(self, status: "TaskStatus", *, progress: Progress) -> None:
        self.seen = True
        progress.show(status, within_line=self._sink.flush())

    def interrupted(self, *, address: str) -> None:
        """Tell that Ctrl-C ended the following alone, and how to come back or stop the task."""
        self.broken_off(Interrupted("interrupted; the task was left running"), address=address)

    def broken_off(self, error: FanfoldError, *, address: str) -> None:
        """Tell on stderr, and in the sink, that the task goes on, and the commands that lead back to it."""
        from fanfold.terminal.json_shapes import error_detail

        self._sink.end(None, error=error_detail(error, task_id=self.task_id))
        position = max(self._start, self._sink.position)
        start = f" --start {position}" if position else ""
        click.echo(
            f"fanfold: task {self.task_id} {'goes on' if self.seen else 'may have been accepted'}\n"
            f"  to come back:  fanfold results --follow{start}{address} {self.task_id}\n"
            f"  to stop it:    fanfold cancel{address} {self.task_id}",
            err=True,
        )


class Interrupted(FanfoldError):
    """Ctrl-C."""

    code = "interrupted"
