"""How far a task is, on stderr: a bar on a terminal, elsewhere a line when it waits for something."""

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from fanfold.terminal.wording import duration, printable

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from fanfold.values import TaskStatus


class Progress:
    """Shows statuses until it is left. `quiet` shows nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._drawn: Bar | None = None
        self._told: str | None = None
        self.last: TaskStatus | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hide()

    def show(self, status: "TaskStatus", *, within_line: bool = False) -> None:
        """Show where the task is; on a new line if the cursor was left `within_line`."""
        self.last = status
        if self._quiet or status.is_over:
            return
        if not _can_draw():
            self._tell(status.reason)
            return
        if within_line:
            click.echo(err=True)
        self._drawn = self._drawn or Bar(status)
        self._drawn.show(status)

    def hide(self) -> None:
        """Take the bar away, so that something else can be written."""
        if self._drawn is not None:
            self._drawn.hide()

    def _tell(self, reason: str | None) -> None:
        if reason and reason != self._told:
            click.echo(f"fanfold: waiting: {printable(reason)}", err=True)
        self._told = reason


class Bar:
    """A line of a terminal with name, bar, counts, rate and time left."""

    def __init__(self, status: "TaskStatus") -> None:
        self._bar, self._row = _rich_bar(status)
        self._visible = False

    def show(self, status: "TaskStatus") -> None:
        """Draw, or draw again."""
        self._bar.update(
            self._row, completed=status.items_done, total=status.items_total, detail=_detail(status)
        )
        if self._visible:
            self._bar.refresh()
        else:
            # In this order, so that Ctrl-C in the middle of drawing finds a bar to take away.
            self._visible = True
            self._bar.start()

    def hide(self) -> None:
        """Take the line away."""
        if self._visible:
            self._bar.stop()
            self._visible = False


def _rich_bar(status: "TaskStatus") -> "tuple[RichProgress, TaskID]":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    return bar, bar.add_task(printable(status.name or status.task_id[:8]), total=None, detail="")


def _detail(status: "TaskStatus") -> str:
    parts = [f"{status.items_failed} failed"] if status.items_failed else []
    if status.rate:
        parts.append(f"{status.rate:.3g}/s")
    if status.eta_seconds is not None:
        parts.append(f"{duration(status.eta_seconds)} left")
    if status.reason:
        parts.append(printable(status.reason))
    return ", ".join(parts) or status.status.lower()


def _can_draw() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"
