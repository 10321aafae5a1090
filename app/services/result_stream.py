"""Results that outlast a store which is away for a moment: the stream goes on where it was."""

from collections.abc import Iterator

from app.errors import StoreUnavailable
from app.models.status import ResultLine
from app.services.results import ResultReader, Selection
from app.support.clock import Clock
from app.support.retry import RetryPolicy

PATIENCE = RetryPolicy(limit=12, first_seconds=0.1, most_seconds=2.0, jitter=0.2)


def steady_lines(
    reader: ResultReader, task_id: str, selection: Selection, *, clock: Clock, policy: RetryPolicy = PATIENCE
) -> Iterator[ResultLine]:
    """The selected results. Raises TaskNotFound, and StoreUnavailable before the first line or at last."""
    failures = 0
    line: ResultLine | None = None
    while True:
        taken = 0
        try:
            for line in reader.lines(task_id, selection):
                taken += 1
                yield line
        except StoreUnavailable:
            failures = 1 if taken else failures + 1
            if line is None or not policy.allows(failures):
                raise
            selection = selection.after(line, taken=taken)
            clock.sleep(policy.wait_seconds(failures, chance=0.0))
        else:
            return
