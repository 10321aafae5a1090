"""Following a task to its end: its status again and again, its results in order as they come."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from fanfold.errors import WaitTimedOut
from fanfold.result_stream import Selection
from fanfold.values import ItemResult, TaskStatus

LONGEST_WAIT_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How a task is watched. `look` asks for its status, the answer held back up to that many seconds.

    A server without a waiter to spare answers at once; then the time is slept here instead.
    """

    look: Callable[[int], TaskStatus]
    every_seconds: int = LONGEST_WAIT_SECONDS
    timeout_seconds: float | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def statuses(self) -> Iterator[TaskStatus]:
        """Each status that was seen; the last is that of the end. Raises WaitTimedOut."""
        deadline = None if self.timeout_seconds is None else self.clock() + self.timeout_seconds
        while True:
            began = self.clock()
            left = self.every_seconds if deadline is None else min(self.every_seconds, deadline - began)
            status = self.look(max(0, int(left)))
            yield status
            if status.is_over:
                return
            if deadline is not None and self.clock() >= deadline:
                raise WaitTimedOut(
                    f"task {status.task_id} is {status.status} after {self.timeout_seconds:g} s; it goes on"
                )
            self._rest(left, began=began)

    def _rest(self, seconds: float, *, began: float) -> None:
        unspent = seconds - (self.clock() - began)
        if unspent > 0:
            self.sleep(min(unspent, 1.0))


def follow(
    watch: Watch,
    *,
    fetch: Callable[[Selection], Iterator[list[ItemResult]]],
    selection: Selection,
    on_status: Callable[[TaskStatus], object] | None,
) -> Iterator[list[ItemResult]]:
    """Selected results in item order, as soon as all items before them have theirs."""
    seen = 0
    for status in watch.statuses():
        if on_status is not None:
            on_status(status)
        if status.is_over or status.items_done > seen:
            position = selection.start
            for results in fetch(replace(selection, gapless=not status.is_over)):
                position = results[-1].index + 1
                yield results
            selection = replace(selection, start=position)
        seen = status.items_done
