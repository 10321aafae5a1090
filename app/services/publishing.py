"""Getting a stored task to Kafka, from the request that stored it or from the outbox."""

from collections.abc import Callable
from random import Random

from app.errors import BusUnavailable
from app.messaging.ports import NO_ANSWER, Publisher
from app.models.wire import TaskRecord, encode
from app.repositories.operations import Operations
from app.repositories.ports import Store

FIRST_BACK_OFF_SECONDS = 2.0
LONGEST_BACK_OFF_SECONDS = 180.0


def back_off(attempt: int, random: Random) -> float:
    """Seconds until the try after the `attempt`-th: doubling, up to a fifth more; ten span ten minutes."""
    doubled = min(LONGEST_BACK_OFF_SECONDS, FIRST_BACK_OFF_SECONDS * 2.0 ** max(0, attempt - 1))
    return doubled * (1 + random.random() / 5)


class TaskPublisher:
    """Publishes task records and notes what Kafka said. Thread-safe as far as its ports are.

    `defer` runs a note outside the thread that tells it; `acknowledged` takes, if given, the tasks that
    Kafka has, to note them later.
    """

    def __init__(
        self,
        *,
        store: Store,
        operations: Operations,
        publisher: Publisher,
        topic: str,
        attempts: int,
        defer: Callable[[Callable[[], None]], None],
        acknowledged: Callable[[str, int], None] | None = None,
        random: Random | None = None,
    ) -> None:
        self._store = store
        self._operations = operations
        self._publisher = publisher
        self._topic = topic
        self._attempts = attempts
        self._defer = defer
        self._acknowledged = acknowledged
        self._random = random or Random()  # noqa: S311 - spreads tries, guards nothing

    def publish(self, task_id: str, *, run: int, attempt: int = 0) -> None:
        """Sends the task's record; the answer is noted when it comes. Never raises: see the outbox."""

        def noted(error: str | None) -> None:
            if error is None and self._acknowledged is not None:
                self._acknowledged(task_id, run)
                return
            self._defer(lambda: self._note(task_id, run=run, attempt=attempt, error=error))

        try:
            self._publisher.publish(
                self._topic, encode(TaskRecord(task_id=task_id, run=run)), key=task_id, on_done=noted
            )
        except BusUnavailable:
            return  # waiting for a broker that is away is not an attempt

    def publish_due(self, *, limit: int) -> int:
        """Sends again what the outbox says is due; how many. Raises StoreUnavailable."""
        sent = 0
        for task_id, tries in self._store.due(limit=limit):
            stored = self._store.load(task_id)
            if stored is None:
                continue
            attempt = self._store.take(task_id, seconds=back_off(tries + 1, self._random))
            if attempt is not None:
                self.publish(task_id, run=stored.ledger.run, attempt=attempt)
                sent += 1
        return sent

    def _note(self, task_id: str, *, run: int, attempt: int, error: str | None) -> None:
        """Raises StoreUnavailable: the outbox tries again."""
        if error is None:
            self._operations.published(task_id, run=run)
        elif attempt and error != NO_ANSWER:
            self._operations.publish_failed(
                task_id, run=run, attempt=attempt, limit=self._attempts, reason=error
            )
