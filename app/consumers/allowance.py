"""How often something may happen in a span of time."""

from collections import deque


class Allowance:
    """At most `limit` times in any `seconds`. Not thread-safe."""

    def __init__(self, *, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._times: deque[float] = deque()

    def wait_seconds(self, now: float) -> float:
        """0 where it may happen now, which is taken as done; else how long to wait before asking again."""
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        if len(self._times) < self._limit:
            self._times.append(now)
            return 0.0
        return self._times[0] + self._seconds - now
