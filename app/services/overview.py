"""The system at a glance, for the gauges."""

from collections.abc import Callable, Mapping

from app.repositories.ports import Store
from app.services.liveness import alive


def gauges_of(store: Store, *, silence_seconds: float) -> Callable[[], Mapping[str, float]]:
    """A reader of what is true now, by the names of `app.support.metrics`. Raises StoreUnavailable."""

    def read() -> Mapping[str, float]:
        living = alive(store.beats(), now=store.time(), silence=silence_seconds).values()
        workers = [beat for beat in living if not beat.over_http]
        return {
            "tasks_unfinished": float(len(store.unfinished())),
            "workers_alive": float(len(workers)),
            "slots": float(sum(beat.slots for beat in workers)),
            "slots_busy": float(sum(beat.busy for beat in workers)),
            "shards_held": float(sum(len(beat.held) for beat in workers)),
        }

    return read
