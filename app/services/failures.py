"""The first failed items of a task, for its status: found once for each number of failures."""

from collections import OrderedDict
from threading import Lock

from app.models.ledger import Ledger
from app.models.result import Outcome
from app.models.status import ResultLine
from app.services.result_lines import shortened
from app.services.results import ResultReader, Selection

FAILURES_SHOWN = 3
MOST_BLOCKS = 64
TASKS_KEPT = 256
_FAILED = frozenset(outcome for outcome in Outcome if outcome not in {Outcome.OK, Outcome.CANCELLED})


class FirstFailures:
    """Looks through a bounded part of the results; what was found is kept for the next look. Thread-safe."""

    def __init__(self, results: ResultReader) -> None:
        self._results = results
        self._kept: OrderedDict[tuple[str, int, int], tuple[ResultLine, ...]] = OrderedDict()
        self._lock = Lock()

    def of(self, ledger: Ledger) -> tuple[ResultLine, ...]:
        """The first three, cut short; fewer where they lie far behind. Raises StoreUnavailable."""
        if not ledger.failed:
            return ()
        key = (ledger.task_id, ledger.run, ledger.failed)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        selection = Selection(outcomes=_FAILED, limit=FAILURES_SHOWN, most_blocks=MOST_BLOCKS)
        found = tuple(shortened(line) for line in self._results.lines(ledger.task_id, selection))
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > TASKS_KEPT:
                self._kept.popitem(last=False)
        return found
