"""Telling a publisher's caller how its record fared, in threads that must not end by the caller's fault."""

from app.messaging.ports import OnDone
from app.support.logs import get_logger

_log = get_logger(__name__)


def tell(on_done: OnDone | None, reason: str | None, *, topic: str) -> None:
    """Calls `on_done`, if there is one; what it raises is logged."""
    if on_done is None:
        return
    try:
        on_done(reason)
    except Exception:  # noqa: BLE001 - it may be any caller's: the records after this one must be told, too
        _log.exception("on_done_raised", topic=topic)
