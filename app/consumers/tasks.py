"""A task record says that Kafka has a task: noted, and then it is planned."""

from collections.abc import Callable

from app.messaging.ports import Message
from app.models.wire import decode_task
from app.repositories.operations import Operations
from app.services.dispatching import Dispatcher


class TaskRecords:
    """Handles a record of the task topic. Twice, late or of an unknown task: nothing to note.

    Shards that were planned with the submit and are claimed by nobody may have been hinted at in vain.
    """

    def __init__(self, *, operations: Operations, dispatcher: Dispatcher, wake: Callable[[], object]) -> None:
        self._operations = operations
        self._dispatcher = dispatcher
        self._wake = wake

    def __call__(self, message: Message) -> None:
        """Raises UnreadableRecord, StoreUnavailable."""
        record = decode_task(message.value)
        ledger = self._operations.received(record.task_id, run=record.run)
        if ledger is None:
            return
        is_unheard = any(not shard.holders for shard in ledger.shards.values())
        if is_unheard:
            self._dispatcher.told_unheard(record.task_id)
        if is_unheard or ledger.can_plan:
            self._wake()
