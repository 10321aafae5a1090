"""A task record says that Kafka has a task: noted, and then it is planned."""

from collections.abc import Callable

from app.messaging.ports import Message
from app.models.wire import decode_task
from app.repositories.operations import Operations


class TaskRecords:
    """Handles a record of the task topic. Twice, late or of an unknown task: nothing to note."""

    def __init__(self, *, operations: Operations, wake: Callable[[], None]) -> None:
        self._operations = operations
        self._wake = wake

    def __call__(self, message: Message) -> None:
        """Raises UnreadableRecord, StoreUnavailable."""
        record = decode_task(message.value)
        self._operations.published(record.task_id, run=record.run)
        self._wake()
