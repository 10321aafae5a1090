"""The store's time without asking for it each time."""

from app.repositories.ports import LedgerStore
from app.support.clock import Clock

FRESH_SECONDS = 1.0


class StoreTime:
    """Good for what is shown and sorted by, not for timers: wrong for a second after that clock was set.

    Thread-safe.
    """

    def __init__(self, store: LedgerStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._read: tuple[float, float] | None = None

    def now(self) -> float:
        """Seconds since the epoch, whole milliseconds; read anew once a second. Raises StoreUnavailable."""
        read = self._read
        if read is None or self._clock.monotonic() - read[1] > FRESH_SECONDS:
            read = self._read = (self._store.time(), self._clock.monotonic())
        return round(read[0] + self._clock.monotonic() - read[1], 3)
