"""The rounds of a scheduler: plan when woken, sweep once a second, all in one thread."""

from collections.abc import Callable
from threading import Event

from app.errors import FanfoldError
from app.support.clock import Clock
from app.support.logs import get_logger

_log = get_logger(__name__)

AFTER_FAILURE_SECONDS = 0.3


class Rounds:
    """Plans and sweeps by turns, so that neither needs a lock. `wake` may be called from any thread."""

    def __init__(
        self,
        *,
        fill: Callable[[], object],
        sweep: Callable[[], object],
        interval_seconds: float,
        clock: Clock,
    ) -> None:
        self._fill = fill
        self._sweep = sweep
        self._interval = interval_seconds
        self._clock = clock
        self._woken = Event()

    def wake(self) -> None:
        """Something may be planned."""
        self._woken.set()

    def run(self, stop: Event) -> None:
        """Goes on until `stop` is set (and `wake` called). A store that is away is waited for."""
        next_sweep = self._clock.monotonic()
        while not stop.is_set():
            now = self._clock.monotonic()
            if now >= next_sweep:
                next_sweep = now + self._interval
                self._guarded(self._sweep, stop)
            elif self._woken.wait(next_sweep - now):
                self._woken.clear()
                self._guarded(self._fill, stop)

    def _guarded(self, act: Callable[[], object], stop: Event) -> None:
        try:
            act()
        except FanfoldError as error:
            _log.warning("round_cut_short", code=error.code, reason=error.detail)
            stop.wait(AFTER_FAILURE_SECONDS)
