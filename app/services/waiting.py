"""Waiting for a task's end on behalf of a request, for no longer than there are threads to spare."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import ClassVar

from app.errors import FanfoldError
from app.repositories.ports import Store
from app.services.finding import is_over, known_task
from app.support.clock import Clock

SLICE_SECONDS = 0.5
"""How long a waiter does not look whether the service is stopping."""


class TooManyHeld(FanfoldError):
    """Too many requests are held open here: ask again in a moment, or ask another scheduler."""

    code: ClassVar[str] = "too-many-held"
    status = 503
    retryable = True
    title = "Too many requests are held open"


class Budget:
    """How many requests may hold a thread at once for `what`. Thread-safe."""

    def __init__(self, most: int, *, what: str) -> None:
        self._what = what
        self._free = BoundedSemaphore(most) if most > 0 else None

    def take(self) -> Callable[[], None]:
        """A place, and the call that gives it back, which may be repeated. Raises TooManyHeld."""
        if self._free is None or not self._free.acquire(blocking=False):
            raise TooManyHeld(
                f"too many requests are held open for {self._what}",
                hint="ask again in a moment, or another scheduler",
            )
        held = [self._free]

        def give_back() -> None:
            while held:
                held.pop().release()

        return give_back

    @contextmanager
    def held(self) -> Iterator[None]:
        give_back = self.take()
        try:
            yield
        finally:
            give_back()


class Waiting:
    """Holds requests until a task is over. `is_stopping` ends all waits early."""

    def __init__(
        self,
        *,
        store: Store,
        budget: Budget,
        longest_seconds: float,
        clock: Clock,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._store = store
        self._budget = budget
        self._longest_seconds = longest_seconds
        self._clock = clock
        self._is_stopping = is_stopping

    def until_over(self, task_id: str, *, seconds: float) -> bool:
        """Whether the task is over, at once or after at most `seconds` (or the longest wait allowed).

        Raises TaskNotFound, TooManyHeld, StoreUnavailable.
        """
        ledger = known_task(self._store, task_id).ledger
        deadline = self._clock.monotonic() + min(seconds, self._longest_seconds)
        with self._budget.held():
            return is_over(ledger) or self._waited(ledger.task_id, deadline=deadline)

    def until_new_is_over(self, task_id: str, *, seconds: float) -> bool:
        """The same for a task that has just been stored, so that a wait of no time is none."""
        deadline = self._clock.monotonic() + min(seconds, self._longest_seconds)
        with self._budget.held():
            return self._waited(task_id, deadline=deadline)

    def _waited(self, task_id: str, *, deadline: float) -> bool:
        while (left := deadline - self._clock.monotonic()) > 0 and not self._is_stopping():
            if self._wait(task_id, seconds=min(left, SLICE_SECONDS)):
                return True
            if is_over(known_task(self._store, task_id).ledger):
                return True  # given up, of which nobody is told
        return False

    def _wait(self, task_id: str, *, seconds: float) -> bool:
        began = self._clock.monotonic()
        ended = self._store.wait_ended(task_id, timeout_seconds=seconds)
        if not ended:
            # A store may answer early; the loop must not spin then.
            self._clock.sleep(min(0.05, max(0.0, seconds - (self._clock.monotonic() - began))))
        return ended
