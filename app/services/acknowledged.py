"""Tasks that Kafka has: their consumer notes that, and what it has not noted in a moment is noted here."""

from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf
from threading import Event, Lock, Thread
from time import monotonic, sleep

from app.errors import FanfoldError
from app.repositories.operations import Operations
from app.repositories.ports import Store
from app.support.logs import get_logger

_log = get_logger(__name__)

MOST_AT_ONCE = 500


class Acknowledged:
    """Reads all that were acknowledged in a while in one round trip, and notes the few that nobody has.

    What is not noted, because the store is away or the process ends, stays in the outbox. Thread-safe.
    """

    def __init__(self, *, store: Store, operations: Operations, after_seconds: float) -> None:
        self._store = store
        self._operations = operations
        self._after_seconds = after_seconds
        self._waiting: deque[tuple[float, str, int]] = deque()
        self._any = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    def add(self, task_id: str, run: int) -> None:
        """Kafka has this run of the task. From any thread; never blocks nor raises."""
        self._waiting.append((monotonic(), task_id, run))
        self._any.set()
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def note(self, *, before: float = inf) -> int:
        """Notes what was added `before` this time (monotonic) and nobody has noted; how many.

        Raises StoreUnavailable.
        """
        noted = 0
        while part := self._part(before):
            found = self._store.load_many(list(part))
            for task_id, stored in found.items():
                if stored.ledger.published_at is None:
                    noted += self._operations.published(task_id, run=part[task_id], seen=stored)
        return noted

    def _part(self, before: float) -> dict[str, int]:
        part: dict[str, int] = {}
        while self._waiting and self._waiting[0][0] < before and len(part) < MOST_AT_ONCE:
            _, task_id, run = self._waiting.popleft()
            part[task_id] = max(run, part.get(task_id, 0))
        return part

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="acknowledged", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while self._any.wait():
            sleep(self._after_seconds)
            self._any.clear()
            _guarded(partial(self.note, before=monotonic() - self._after_seconds))
            if self._waiting:  # what came meanwhile: its consumer has had no time yet
                self._any.set()


def _guarded(note: Callable[[], object]) -> None:
    try:
        note()
    except FanfoldError as error:
        _log.info("acknowledged_not_noted", code=error.code, detail=error.detail)
