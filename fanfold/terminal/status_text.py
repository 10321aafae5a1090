"""A task's status as lines for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fanfold.terminal.wording import duration, ending, moment, printable, quoted_item

if TYPE_CHECKING:
    from fanfold.values import ItemResult, TaskStatus


def status_lines(status: "TaskStatus") -> Iterator[str]:
    """Everything that is known and matters now, a label a line."""
    yield f"task      {status.task_id}" + (f"  {printable(status.name)}" if status.name else "")
    yield f"status    {status.status}" + _remarks(status)
    yield f"items     {_counts(status)}"
    if not status.is_over and (status.rate or status.eta_seconds is not None):
        yield f"speed     {_speed(status)}"
    yield f"created   {moment(status.created_at)}"
    if status.started_at:
        yield f"started   {moment(status.started_at)}"
    if status.finished_at:
        yield f"finished  {moment(status.finished_at)}{_took(status)}"
    if status.reason:
        yield f"reason    {printable(status.reason)}"
    for warning in status.warnings:
        yield f"warning   {printable(warning)}"
    for failure in status.failures:
        yield f"failure   {_failure(failure)}"


def _remarks(status: "TaskStatus") -> str:
    remarks = [f"run {status.run}"] if status.run > 1 else []
    remarks += ["paused"] if status.paused else []
    return f" ({', '.join(remarks)})" if remarks else ""


def _counts(status: "TaskStatus") -> str:
    parts = [f"{status.items_succeeded} of {status.items_total} ok"]
    left = status.items_total - status.items_done
    for number, word in (
        (status.items_failed, "failed"),
        (status.items_cancelled, "cancelled"),
        (left, "left"),
    ):
        if number:
            parts.append(f"{number} {word}")
    return ", ".join(parts)


def _speed(status: "TaskStatus") -> str:
    parts = [f"{status.rate:.3g} items/s"] if status.rate else []
    parts += [f"about {duration(status.eta_seconds)} left"] if status.eta_seconds is not None else []
    return ", ".join(parts)


def _took(status: "TaskStatus") -> str:
    if status.finished_at is None or status.started_at is None:
        return ""
    return f", after {duration((status.finished_at - status.started_at).total_seconds())}"


def _failure(result: "ItemResult") -> str:
    last_line = result.stderr.strip().rpartition("\n")[2]
    said = f": {printable(last_line)}" if last_line else ""
    return f"item {result.index} {quoted_item(result.item)}: {ending(result)}{said}"
