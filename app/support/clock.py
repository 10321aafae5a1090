"""Time as it is passed in: the machine's, or one that a test moves by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    """Time that only goes forward, in seconds from an arbitrary start.

    `sleep` may block; neither call raises. Safe to use from several threads.
    """

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's monotonic clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


class FakeClock:
    """A clock that stands still until it is moved; whoever sleeps on it moves it.

    `slept` holds the length of each sleep, in seconds.
    """

    def __init__(self, *, start: float = 0.0) -> None:
        self._now = start
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Moves time on. Raises ValueError for going back."""
        if seconds < 0:
            raise ValueError("time goes forward only")
        self._now += seconds
