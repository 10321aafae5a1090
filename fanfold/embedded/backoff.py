"""How long to wait before a process that ended is started again."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Doubling from the first wait to the longest; a long enough life starts over. All in seconds."""

    first_seconds: float = 0.2
    longest_seconds: float = 5.0
    reset_after_seconds: float = 10.0

    def next_wait(self, *, previous_seconds: float | None, lived_seconds: float) -> float:
        """The wait after a life of this length, when the wait before that life was `previous_seconds`."""
        if previous_seconds is None or lived_seconds >= self.reset_after_seconds:
            return self.first_seconds
        return min(previous_seconds * 2, self.longest_seconds)
