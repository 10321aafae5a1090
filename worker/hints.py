"""Shards that a worker has heard of and not claimed yet, in the order in which to claim them."""

from collections import deque

from app.models.wire import ShardRecord
from app.repositories.ports import ShardHint

MOST_SUSPECTS = 256


class Hints:
    """Not thread-safe: `Node` guards it.

    What a dead worker held lies apart, for slots that are free. `alone` may only be claimed by a worker that
    holds nothing: until it is, nothing else is claimed.
    """

    def __init__(self) -> None:
        self._usual: deque[ShardRecord] = deque()
        self._suspects: deque[ShardRecord] = deque(maxlen=MOST_SUSPECTS)
        self._told: dict[str, ShardHint] = {}
        self.alone: ShardRecord | None = None

    def __len__(self) -> int:
        return len(self._usual)

    def __bool__(self) -> bool:
        return bool(self._usual) or self.alone is not None

    def add(self, record: ShardRecord, *, told: ShardHint | None = None) -> None:
        self._usual.append(record)
        if told is not None:
            self._told[record.shard_id] = told

    def told(self, shard_id: str) -> ShardHint | None:
        """Takes what was told with a hint: it is good for one claim."""
        return self._told.pop(shard_id, None)

    def add_again(self, record: ShardRecord) -> None:
        """Its claim was not answered: it is the next."""
        self._usual.appendleft(record)

    def add_suspect(self, record: ShardRecord) -> None:
        self._suspects.append(record)

    def wait_for(self, record: ShardRecord) -> None:
        """It is to be claimed alone: all others are forgotten, and offered to somebody again."""
        self.forget()
        self.alone = record

    def next(self, *, holds_nothing: bool) -> ShardRecord | None:
        """Takes the one to claim now."""
        if self.alone is None:
            return self._usual.popleft() if self._usual else None
        if not holds_nothing:
            return None
        record, self.alone = self.alone, None
        return record

    @property
    def has_suspects(self) -> bool:
        return bool(self._suspects)

    def next_suspect(self) -> ShardRecord | None:
        return self._suspects.popleft() if self._suspects else None

    def forget(self) -> None:
        """All of them."""
        self._usual.clear()
        self._suspects.clear()
        self._told.clear()
        self.alone = None
