"""When an item has run for too long: first asked to end, then killed."""

from enum import Enum, auto


class Step(Enum):
    """What is due."""

    NONE = auto()
    TERMINATE = auto()
    KILL = auto()


class TimeLimit:
    """The clock of the running item; all times are seconds of one monotonic clock."""

    def __init__(self, *, seconds: float | None, grace_seconds: float) -> None:
        self._seconds = seconds
        self._grace = grace_seconds
        self._due: float | None = None
        self._passed = False

    def restart(self, now: float) -> None:
        """An item begins."""
        self._passed = False
        self._due = None if self._seconds is None else now + self._seconds

    def clear(self) -> None:
        """No item runs."""
        self._passed = False
        self._due = None

    def remaining(self, now: float) -> float | None:
        """Seconds until something is due; None for never."""
        return None if self._due is None else max(0.0, self._due - now)

    def step(self, now: float) -> Step:
        """What is due at `now`; each step is told once for an item."""
        if self._due is None or now < self._due:
            return Step.NONE
        if self._passed:
            self._due = None
            return Step.KILL
        self._passed = True
        self._due = now + self._grace
        return Step.TERMINATE
