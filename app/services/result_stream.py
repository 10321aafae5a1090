"""Results that outlast a store which is away for a moment: the stream goes on where it was."""

from collections.abc import Iterator

from app.errors import StoreUnavailable
from app.models.status import Line
from app.services.results import ResultReader, Selection
from app.support.clock import Clock
from app.support.retry import RetryPolicy

PATIENCE = RetryPolicy(limit=12, first_seconds=0.1, most_seconds=2.0, jitter=0.2)


def steady_batches(
    reader: ResultReader, task_id: str, selection: Selection, *, clock: Clock, policy: RetryPolicy = PATIENCE
) -> Iterator[list[Line]]:
    """The selected results, some at a time, none twice.

    Raises TaskNotFound, and StoreUnavailable before the first or at last.
    """
    failures = 0
    line: Line | None = None
    while True:
        taken = 0
        try:
            for batch in reader.batches(task_id, selection):
                taken += len(batch)
                line = batch[-1]
                yield batch
        except StoreUnavailable:
            failures = 1 if taken else failures + 1
            if line is None or not policy.allows(failures):
                raise
            selection = selection.after(line, taken=taken)
            clock.sleep(policy.wait_seconds(failures, chance=0.0))
        else:
            return
