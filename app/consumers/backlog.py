"""What a consumer has received and not finished: ready now, or to be tried again later."""

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.messaging.ports import Message
from app.support.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Work:
    """A message on its way through the loop.

    `failures` are all its tries so far; `counted` are those among them before which, since the failure
    before, another message had succeeded: so a message at fault is told from an outage. `witnessed` is how
    many messages had succeeded at its last failure. `reason` is why it is to be buried.
    """

    message: Message
    failures: int = 0
    counted: int = 0
    witnessed: int | None = None
    reason: str | None = None

    def failed(self, *, succeeded: int) -> "Work":
        """After one more failure, when so many of all messages have succeeded."""
        evident = self.witnessed is not None and succeeded > self.witnessed
        return replace(
            self,
            failures=self.failures + 1,
            counted=self.counted + int(evident),
            witnessed=succeeded,
        )

    def given_up(self, reason: str) -> "Work":
        return replace(self, reason=reason)


class Backlog:
    """Thread-safe. Its size counts also what was taken and is neither finished nor put back."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._ready: deque[Work] = deque()
        self._later: list[tuple[float, int, Work]] = []
        self._order = itertools.count()
        self._size = 0
        self._closed = False

    def add(self, messages: Iterable[Message]) -> None:
        with self._changed:
            before = len(self._ready)
            self._ready.extend(Work(message=message) for message in messages)
            self._size += len(self._ready) - before
            self._changed.notify_all()

    def take(self, *, timeout_seconds: float) -> Work | None:
        """The next to do, what is due again first; None once the time is over or the backlog closed."""
        deadline = self._clock.monotonic() + timeout_seconds
        with self._changed:
            while not self._closed:
                now = self._clock.monotonic()
                if self._later and self._later[0][0] <= now:
                    return heapq.heappop(self._later)[2]
                if self._ready:
                    return self._ready.popleft()
                if now >= deadline:
                    return None
                wake = min(deadline, self._later[0][0]) if self._later else deadline
                self._changed.wait(wake - now)
            return None

    def put_back(self, work: Work, *, seconds: float) -> None:
        """What was taken becomes due again after this time."""
        with self._changed:
            due = self._clock.monotonic() + seconds
            heapq.heappush(self._later, (due, next(self._order), work))
            self._changed.notify_all()

    def finished(self) -> None:
        """One of those taken will not come back."""
        with self._changed:
            self._size -= 1
            self._changed.notify_all()

    def size(self) -> int:
        with self._changed:
            return self._size

    def shrinks_to(self, size: int, *, timeout_seconds: float) -> bool:
        """Waits for it; whether it has, or the backlog is closed."""
        with self._changed:
            return self._changed.wait_for(lambda: self._size <= size or self._closed, timeout=timeout_seconds)

    def closed(self) -> bool:
        with self._changed:
            return self._closed

    def close(self) -> None:
        """`take` gives out nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
