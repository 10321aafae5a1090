"""claim: this incarnation becomes the holder of a shard, exclusively, and learns what to run."""

from enum import StrEnum

import msgspec

from app.models.ledger import Ledger, Shard
from app.protocol.decision import Decision


class Refusal(StrEnum):
    """Why a claim was refused. ALONE: come back when nothing else is held."""

    GONE = "gone"
    HELD = "held"
    STOPPED = "stopped"
    ALONE = "alone"


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """The shard as claimed. `alone`: claim nothing beside it, it may kill its worker."""

    shard: Shard
    alone: bool


def claim(
    ledger: Ledger | None, *, shard_id: str, worker: str, holds_nothing: bool, now: float
) -> Decision[Claimed | Refusal]:
    """Exclusive, but for invited copies. The holder asking again gets the same answer and a fresh clock."""
    shard = ledger.shards.get(shard_id) if ledger is not None else None
    if ledger is None or shard is None:
        return Decision(answer=Refusal.GONE)
    if ledger.paused or ledger.ending is not None:
        return Decision(answer=Refusal.STOPPED)
    known = worker in shard.holders
    if shard.holders and not known and worker not in shard.invited:
        return Decision(answer=Refusal.HELD)
    alone = len(shard.deaths) >= max(1, ledger.max_deaths - 1)
    if alone and not holds_nothing and not known:
        return Decision(answer=Refusal.ALONE)
    invited = tuple(name for name in shard.invited if name != worker)
    held = msgspec.structs.replace(shard, holders={**shard.holders, worker: now}, invited=invited)
    after = ledger.evolve(shards={**ledger.shards, shard_id: held})
    return Decision(answer=Claimed(shard=held, alone=alone), after=after)
