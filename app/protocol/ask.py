"""ask: the holder of a shard is asked for what it has not begun of it, from one index on."""

import msgspec

from app.models.ledger import Ledger, Shard
from app.protocol.decision import Decision, Effects


def ask(ledger: Ledger, *, shard_id: str, seen: Shard, start: int, now: float) -> Decision[Shard | None]:
    """Marks the shard, for its holder to return what has not begun of the items from `start` on.

    An index says it once and for all: a holder that reads the mark twice finds nothing more to return.
    Nothing where the shard is no longer as the caller has `seen` it, where as much was asked for before, or
    where it has not just one holder.
    """
    shard = ledger.shards.get(shard_id)
    if shard is None or shard != seen or ledger.paused or ledger.ending is not None:
        return Decision(answer=None)
    if len(shard.holders) != 1 or shard.invited:
        return Decision(answer=None)
    if start >= shard.spans[-1][1] or (shard.asked_from is not None and start >= shard.asked_from):
        return Decision(answer=None)
    asked = msgspec.structs.replace(shard, asked_from=start, asked_at=now)
    after = ledger.evolve(shards={**ledger.shards, shard_id: asked})
    return Decision(answer=asked, after=after, effects=Effects(counts={"shards_asked_back": 1}))
