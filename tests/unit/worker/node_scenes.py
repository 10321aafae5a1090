"""Shards on their way to a staged worker, innocent and with deaths behind them."""

from app.models.wire import ShardRecord
from tests.stage import Stage, StagedWorker


def claimed(stage: Stage, worker: StagedWorker, task_id: str, count: int) -> str:
    shard_id = stage.shard(task_id, count, worker=worker.name)
    worker.claim(task_id, shard_id)
    return shard_id


def hint_of(task_id: str, shard_id: str) -> ShardRecord:
    return ShardRecord(task_id=task_id, shard_id=shard_id)


def with_deaths(stage: Stage, count: int) -> tuple[str, str]:
    """A task of one item with so many deaths (the first kill only makes it a suspect), planned for `w`."""
    task_id = stage.task(1)
    for number in range(1 + count):
        name = f"dead#{number}"
        shard_id = stage.shard(task_id, 1, worker=name)
        stage.operations.claim(task_id, shard_id, worker=name, holds_nothing=True)
        touched_at = stage.ledger(task_id).shards[shard_id].holders[name]
        stage.operations.revoke(task_id, shard_id, holder=name, touched_at=touched_at, alive=frozenset())
    return task_id, stage.shard(task_id, 1, worker="w")
