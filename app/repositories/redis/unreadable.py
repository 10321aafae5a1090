"""What cannot be read among much that can: left out, so that it stops nothing else, and told once."""

from app.errors import CorruptState
from app.support.logs import get_logger

_log = get_logger(__name__)
MOST_REMEMBERED = 10_000


class Unreadable:
    """Remembers what it has told of, so that a sweep a second does not fill the log."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def left_out(self, error: CorruptState) -> None:
        """Tells of it, the first time."""
        if error.detail not in self._told and len(self._told) < MOST_REMEMBERED:
            self._told.add(error.detail)
            _log.error("state_corrupt", detail=error.detail, hint=error.hint)
