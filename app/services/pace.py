"""How fast a task goes and how long it may still take. Pure."""

from collections.abc import Iterable

from app.models.ledger import Ledger
from app.models.node import Beat


def rate_of(ledger: Ledger, *, workers: Iterable[Beat], now: float) -> float | None:
    """Items a second: what its workers measure, else the average of its first run; None where unknown."""
    if not ledger.state.is_terminal:
        measured = sum(beat.rates.get(ledger.task_id, 0.0) for beat in workers)
        if measured > 0:
            return round(measured, 3)
    if ledger.run > 1 or ledger.started_at is None:
        return None
    seconds = (ledger.finished_at if ledger.finished_at is not None else now) - ledger.started_at
    done = ledger.succeeded + ledger.failed
    return round(done / seconds, 3) if seconds > 0 and done else None


def eta_seconds_of(ledger: Ledger, *, rate: float | None) -> float | None:
    """Seconds to the end at this rate; None where there is no telling."""
    if ledger.state.is_terminal or ledger.paused or ledger.ending is not None or not rate:
        return None
    return round(ledger.remaining / rate, 1)
