"""How long to go on trying: pauses that grow, until the time is over."""

from collections.abc import Callable

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0


class Patience:
    """One stretch of trying, begun when it is made."""

    def __init__(self, seconds: float, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._deadline = clock() + seconds
        self._pause = _FIRST_PAUSE_SECONDS

    def rest(self, *, at_least_seconds: float = 0.0) -> bool:
        """Sleep before the next try; False, without sleeping, when the time would be over then."""
        pause = max(self._pause, at_least_seconds)
        if self._clock() + pause > self._deadline:
            return False
        self._sleep(pause)
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        return True
