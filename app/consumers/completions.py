"""A completion record says that a worker has room: it gets its next shards."""

from collections.abc import Callable

from app.messaging.ports import Message
from app.models.wire import decode_room
from app.services.dispatching import Dispatcher


class CompletionRecords:
    """Handles a record of the completions topic. Twice or never: the sweeper looks for room anyway."""

    def __init__(self, *, dispatcher: Dispatcher, wake: Callable[[], None]) -> None:
        self._dispatcher = dispatcher
        self._wake = wake

    def __call__(self, message: Message) -> None:
        """Raises UnreadableRecord."""
        record = decode_room(message.value)
        self._dispatcher.told_room(record.task_id, record.worker, rate=record.rate, idle=record.idle)
        self._wake()
