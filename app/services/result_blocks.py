"""Blocks of results as they are read, the last few kept: neighbouring items often lie in the same ones."""

from collections import OrderedDict

from app.models.wire import unpack_results
from app.repositories.ports import ResultSource
from app.services.segment_results import Known

MOST_BLOCKS = 8
MOST_RESULTS = 20_000


class ResultBlocks:
    """The blocks of one task; `read` counts those that were fetched.

    As many are kept as hold 20,000 results together, but always the last two.
    """

    def __init__(self, store: ResultSource, task_id: str) -> None:
        self._store = store
        self._task_id = task_id
        self._kept: OrderedDict[str, Known] = OrderedDict()
        self.read = 0

    def results(self, block_id: str) -> Known:
        """Results by index; none where the block is gone."""
        if block_id in self._kept:
            self._kept.move_to_end(block_id)
            return self._kept[block_id]
        self._make_room()
        raw = self._store.block(self._task_id, block_id)
        self.read += 1
        found = {result.index: result for result in unpack_results(raw)} if raw is not None else {}
        self._kept[block_id] = found
        return found

    def _make_room(self) -> None:
        while len(self._kept) >= MOST_BLOCKS or (
            len(self._kept) > 1 and sum(map(len, self._kept.values())) > MOST_RESULTS
        ):
            self._kept.popitem(last=False)
