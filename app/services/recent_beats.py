"""The workers' beats without reading them each time."""

from collections.abc import Mapping

from app.models.node import Beat
from app.repositories.ports import BeatStore
from app.support.clock import Clock

FRESH_SECONDS = 0.5


class RecentBeats:
    """Good for what is shown, not for deciding who lives. Thread-safe."""

    def __init__(self, store: BeatStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._read: tuple[Mapping[str, Beat], float] | None = None

    def beats(self) -> Mapping[str, Beat]:
        """As they were half a second ago at most. Raises StoreUnavailable."""
        read = self._read
        if read is None or self._clock.monotonic() - read[1] > FRESH_SECONDS:
            read = self._read = (self._store.beats(), self._clock.monotonic())
        return read[0]
