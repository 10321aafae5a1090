"""Small work that must not hold up the thread that has found it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from app.errors import FanfoldError
from app.support.logs import get_logger

_log = get_logger(__name__)


class Background:
    """A few threads that run what they are given, in about that order. Started with the first work."""

    def __init__(self, *, threads: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)

    def run(self, work: Callable[[], None]) -> None:
        """Queues `work`; what it raises is logged. Nothing is done once this is closed."""
        try:
            self._executor.submit(work).add_done_callback(_told)
        except RuntimeError:
            _log.debug("background_closed")

    def close(self) -> None:
        """Waits for the work that is running, and drops the rest. May be repeated."""
        self._executor.shutdown(cancel_futures=True)


def _told(done: "Future[None]") -> None:
    error = None if done.cancelled() else done.exception()
    if isinstance(error, FanfoldError):
        _log.info("background_failed", code=error.code, detail=error.detail)
    elif error is not None:
        _log.error("background_broke", exc_info=error)
