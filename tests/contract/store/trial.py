"""One task on trial: the operations on it in few words, with an item `item-<index>` at each index."""

from uuid import uuid4

from app.models.ledger import Ledger, Shard
from app.models.ranges import EMPTY, Spans, indexes, size
from app.models.task import TaskSpec, TaskState
from app.protocol.claim import Claimed
from app.protocol.control import Action
from app.protocol.record import Recorded, Report
from app.protocol.submit import Submitted
from app.repositories.operations import Operations
from app.repositories.ports import Store, Stored

ITEMS_OF_A_BLOCK = 10


class Trial:
    """A task with an id of its own, so that tests may share a store."""

    def __init__(self, store: Store, *, items: int, task_id: str | None = None) -> None:
        self.store = store
        self.operations = Operations(store)
        self.task_id = task_id or str(uuid4())
        self.items = items
        self.blocks = -(-items // ITEMS_OF_A_BLOCK)
        self.spec = TaskSpec(
            task_id=self.task_id,
            template="echo $1",
            items_total=items,
            upload=f"{self.task_id}:{uuid4().hex}",
            fingerprint="f" * 64,
            created_at=0.0,
            variables={"name": "Zoë", "n": 3},
        )

    def upload(self, *, blocks: int | None = None) -> None:
        """The first `blocks` blocks of items, all by default."""
        firsts = [block * ITEMS_OF_A_BLOCK for block in range(self.blocks if blocks is None else blocks)]
        parts = [
            (first, [f"item-{i}" for i in range(first, min(self.items, first + ITEMS_OF_A_BLOCK))])
            for first in firsts
        ]
        self.store.put_blocks(self.spec.upload, parts[:1])
        self.store.put_blocks(self.spec.upload, parts[1:])

    def submit(self) -> Submitted:
        self.upload()
        return self.operations.submit(self.spec, upload_blocks=self.blocks)

    @property
    def stored(self) -> Stored:
        stored = self.store.load(self.task_id)
        assert stored is not None
        return stored

    @property
    def ledger(self) -> Ledger:
        return self.stored.ledger

    def is_in(self, state: TaskState) -> bool:
        return self.ledger.state is state

    def plan(self, count: int, *, worker: str = "w", most: int = 99) -> tuple[str, Shard] | None:
        """A new shard of the next items, after it was noted that Kafka has the task."""
        ledger = self.ledger
        if ledger.published_at is None:
            self.operations.published(self.task_id, run=ledger.run)
        shard_id = uuid4().hex
        shard = self.operations.plan(
            self.task_id,
            shard_id=shard_id,
            worker=worker,
            count=count,
            most=most,
            function="f() { :; }",
        )
        return None if shard is None else (shard_id, shard)

    def claim(self, shard_id: str, *, worker: str = "w") -> Claimed:
        claimed = self.operations.claim(self.task_id, shard_id, worker=worker, holds_nothing=True)
        assert isinstance(claimed, Claimed)
        return claimed

    def hold(self, count: int, *, worker: str = "w") -> tuple[str, Spans]:
        """The next items, planned and claimed: the shard's id and what is in it."""
        planned = self.plan(count, worker=worker)
        assert planned is not None
        return planned[0], self.claim(planned[0], worker=worker).shard.spans

    def record(
        self,
        shard_id: str,
        done: Spans = EMPTY,
        *,
        failed: Spans = EMPTY,
        given_back: Spans = EMPTY,
        worker: str = "w",
        repeated: bool = False,
    ) -> Recorded:
        """A report whose block holds the indexes of `done` as text."""
        block_id = uuid4().hex
        report = Report(
            done=done,
            failed=failed,
            given_back=given_back,
            block_id=block_id,
            block=" ".join(map(str, indexes(done))).encode() + b"\xff",
            repeated=repeated,
        )
        return self.operations.record(self.task_id, shard_id, worker=worker, report=report)

    def control(self, action: Action) -> bool:
        ledger = self.ledger
        return self.operations.control(self.task_id, action, run=ledger.run, version=ledger.control)

    def revoke(self, shard_id: str, *, holder: str = "w", alive: frozenset[str] = frozenset()) -> bool:
        touched_at = self.ledger.shards[shard_id].holders[holder]
        return self.operations.revoke(
            self.task_id, shard_id, holder=holder, touched_at=touched_at, alive=alive
        )

    def finish(self, *, failed: Spans = EMPTY) -> None:
        """Runs all that waits, each item once; those in `failed` fail."""
        while (planned := self.plan(1000)) is not None:
            shard_id, shard = planned
            self.claim(shard_id)
            self.record(shard_id, shard.spans, failed=failed)

    def balances(self) -> bool:
        """Whether every item is counted exactly once."""
        ledger = self.ledger
        out = sum(size(shard.spans) for shard in ledger.shards.values())
        counted = ledger.succeeded + ledger.failed + ledger.cancelled
        return counted + ledger.pool_items + out == ledger.items_total == self.items
