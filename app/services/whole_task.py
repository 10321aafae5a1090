"""A task that was read at once, as a source of results: nothing more is read from the store."""

from app.models.ranges import Spans
from app.protocol.decision import Entry
from app.repositories.picking import picked
from app.repositories.ports import Whole


class WholeTask:
    """What reading results asks of a store, answered from a `Whole`."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole

    def entries(self, task_id: str, *, start: int, limit: int) -> list[Entry]:  # noqa: ARG002 - there is one
        """As `ResultStore.entries`."""
        return [entry for entry in self._whole.entries if entry.stop > start][:limit]

    def block(self, task_id: str, block_id: str) -> bytes | None:  # noqa: ARG002 - there is one
        """As `ResultStore.block`."""
        return self._whole.blocks.get(block_id)

    def items(self, upload: str, spans: Spans, *, most_blocks: int | None = None) -> list[str]:  # noqa: ARG002 - all are here
        """As `UploadStore.items`. Raises KeyError where one is missing."""
        return picked(self._whole.inputs, spans, upload=upload, may_end_early=False)
