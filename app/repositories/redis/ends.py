"""Waiting for the end of tasks: one subscription of this process wakes whoever waits."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from app.errors import StoreUnavailable
from app.repositories.keys import ENDED_CHANNEL
from app.repositories.redis.link import Link
from app.repositories.redis.subscription import LOOK_SECONDS, messages

FIRST_LOOK_SECONDS = 0.01
"""An end that was told just before is seen so late; one that comes sooner spares the look."""


class Waiter:
    """One who waits: `woken` to look, or because the end was told."""

    def __init__(self) -> None:
        self.woken = threading.Event()
        self.is_told = False


class Ends:
    """A thread with one connection, started by the first who waits.

    Whoever waits looks at the task soon after it is listed here, and again whenever the subscription begins:
    so no end is missed, and an end that nobody could be told of is seen at the time-out.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._waiting: dict[str, set[Waiter]] = {}
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def wait(self, task_id: str, *, timeout_seconds: float, over: Callable[[], bool]) -> bool:
        """Whether the task was `over` within the time, or its end was told. An outage meanwhile is waited
        through."""
        deadline = time.monotonic() + timeout_seconds
        with self._listening_for(task_id) as waiter:
            if waiter.woken.wait(min(FIRST_LOOK_SECONDS, timeout_seconds)) and waiter.is_told:
                return True
            waiter.woken.clear()
            while (left := deadline - time.monotonic()) > 0:
                with suppress(StoreUnavailable):
                    if over():
                        return True
                waiter.woken.wait(left)
                if waiter.is_told:
                    return True
                waiter.woken.clear()
        return over()

    def close(self) -> None:
        """Ends the thread, which takes a quarter of a second."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(2 * LOOK_SECONDS)

    @contextmanager
    def _listening_for(self, task_id: str) -> Iterator[Waiter]:
        waiter = Waiter()
        with self._lock:
            self._waiting.setdefault(task_id, set()).add(waiter)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._listen, name="task-ends", daemon=True)
                self._thread.start()
        try:
            yield waiter
        finally:
            with self._lock:
                self._waiting[task_id].discard(waiter)
                if not self._waiting[task_id]:
                    del self._waiting[task_id]

    def _listen(self) -> None:
        for message in messages(lambda: self._link.subscription(ENDED_CHANNEL), closed=self._closed):
            self._tell(message.decode("utf-8", "replace") if message is not None else None)

    def _tell(self, task_id: str | None) -> None:
        with self._lock:
            names = list(self._waiting) if task_id is None else [task_id]
            for waiter in (waiter for name in names for waiter in self._waiting.get(name, ())):
                waiter.is_told |= task_id is not None
                waiter.woken.set()
