"""Who lives, and for how long a claimed shard has not been named: what revoking is decided by. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.models.ledger import Ledger, Shard
from app.models.node import Beat

CLOCK_TOLERANCE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Timers:
    """All in seconds of the store's clock."""

    silence: float = 4.0
    sight_gap: float = 2.5
    offer_after: float = 4.0
    offer_again: float = 8.0
    forget_after: float = 60.0


def alive(beats: Mapping[str, Beat], *, now: float, silence: float) -> dict[str, Beat]:
    """The workers whose last beat is not older than `silence`, nor from a clock that has been set back."""
    return {worker: beat for worker, beat in beats.items() if abs(now - beat.at) <= silence}


def takers(living: Mapping[str, Beat]) -> dict[str, Beat]:
    """The workers that take work, and that a record reaches: one that joins owns no partition for a while.

    All that take work where none owns a partition: a worker may hear of a shard by luck, and waits for it.
    """
    willing = {worker: beat for worker, beat in living.items() if beat.takes_work}
    return {worker: beat for worker, beat in willing.items() if beat.partitions} or willing


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """A holder that no longer names a shard which it touched last at `touched_at`."""

    task_id: str
    shard_id: str
    holder: str
    touched_at: float


@dataclass
class Sight:
    """One sweeper's unbroken sight of the store: since when, and when it last saw a shard named.

    It breaks when two complete looks are more than `gap` seconds apart: what happened between is unknown,
    so every clock starts anew.
    """

    gap: float
    started_at: float | None = None
    looked_at: float | None = None
    named_at: dict[tuple[str, str], float] = field(default_factory=dict)

    def look(self, beats: Mapping[str, Beat], *, now: float) -> None:
        """A complete look at `now` (read before the beats)."""
        if self.looked_at is None or not 0 <= now - self.looked_at <= self.gap:
            self.started_at = now
            self.named_at = {}
        self.looked_at = now
        named = {(held.shard_id, beat.worker): beat.at for beat in beats.values() for held in beat.held}
        self.named_at |= named

    def forget_all_but(self, shards: Iterable[str]) -> None:
        known = set(shards)
        self.named_at = {key: at for key, at in self.named_at.items() if key[0] in known}

    def overdue(self, ledger: Ledger, *, now: float, silence: float) -> list[Overdue]:
        """Claims of this ledger that have not been named for longer than `silence`."""
        return [
            Overdue(task_id=ledger.task_id, shard_id=shard_id, holder=holder, touched_at=touched_at)
            for shard_id, shard in ledger.shards.items()
            for holder, touched_at in shard.holders.items()
            if now - self._named(shard_id, holder, touched_at=touched_at, now=now) > silence
        ]

    def _named(self, shard_id: str, holder: str, *, touched_at: float, now: float) -> float:
        started = self.started_at if self.started_at is not None else now
        times = (self.named_at.get((shard_id, holder), 0.0), touched_at)
        return max([started, *(at for at in times if at <= now + CLOCK_TOLERANCE_SECONDS)])


def is_to_offer_again(shard: Shard, *, now: float, timers: Timers) -> bool:
    """Whether nobody has claimed the shard for so long that its record may be lost or late."""
    wait = timers.offer_after if shard.offers == 1 else timers.offer_again
    return not shard.holders and abs(now - shard.offered_at) >= wait
