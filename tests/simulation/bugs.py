"""Bugs planted in the protocol: each must be caught by the simulation, else its checks are worth nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import msgspec

from app.models.ledger import Ledger, Piece, Shard
from app.models.ranges import spans_of
from app.protocol import claim, plan, pool, revoke
from app.protocol.decision import Decision
from app.protocol.record import Report


def _claim_not_exclusive(ledger: Ledger | None, *, shard_id: str, worker: str, **rest: Any) -> Decision[Any]:
    if ledger is not None and shard_id in ledger.shards:
        shard = msgspec.structs.replace(ledger.shards[shard_id], invited=(worker,))
        ledger = ledger.evolve(shards={**ledger.shards, shard_id: shard})
    return claim.claim(ledger, shard_id=shard_id, worker=worker, **rest)


def _clock_not_restarted(ledger: Ledger | None, *, shard_id: str, worker: str, **rest: Any) -> Decision[Any]:
    decision = claim.claim(ledger, shard_id=shard_id, worker=worker, **rest)
    after = decision.after
    if after is None:
        return decision
    shard = after.shards[shard_id]
    shard = msgspec.structs.replace(shard, holders={**shard.holders, worker: shard.offered_at})
    return msgspec.structs.replace(decision, after=after.evolve(shards={**after.shards, shard_id: shard}))


def _never_settled(ledger: Ledger, *, now: float) -> tuple[Ledger, dict[str, int]]:
    return ledger, {}


def _pieces_together(ledger: Ledger, count: int, **rest: Any) -> tuple[Ledger, Piece]:
    spans = spans_of(span for piece in ledger.pool for span in piece.spans)
    together = (Piece(spans=spans),) if spans else ()
    return pool.take_next(ledger.evolve(pool=together), 60, **rest)


_aftermath = revoke._aftermath  # the original, while the name is patched


def _no_cap(shard: Any, **rest: Any) -> Any:
    return _aftermath(shard, **{**rest, "max_deaths": 1 << 30})


def _every_single_death(shard: Any, **rest: Any) -> Any:
    return _aftermath(msgspec.structs.replace(shard, suspect=True), **rest)


def _no_free_slot_asked(node: Any) -> None:
    """What a dead worker held is claimed like anything else, and waits among it."""
    while (record := node._hints.next_suspect()) is not None:
        node._hints.add(record)


def _offer_whatever_it_is_now(ledger: Ledger, *, shard_id: str, seen: Shard, **rest: Any) -> Decision[Any]:
    return plan.offer(ledger, shard_id=shard_id, seen=ledger.shards.get(shard_id, seen), **rest)


def _given_back_and_kept(holding: Any, start: int) -> None:
    back = [index for index, _ in holding.pending if index >= start]
    holding.giving_back = spans_of((*holding.giving_back, *((index, index + 1) for index in back)))


def _unchecked_back(report: Report, left: object) -> object:
    return report.given_back


BUGS: dict[str, dict[str, Callable[..., Any]]] = {
    "claim not exclusive": {"app.repositories.operations.claim": _claim_not_exclusive},
    "remaining not checked on returned ranges": {"app.protocol.record._back": _unchecked_back},
    "end check only in record": {
        "app.protocol.revoke.settled": _never_settled,
        "app.protocol.control.settled": _never_settled,
    },
    "clock not restarted by a claim": {"app.repositories.operations.claim": _clock_not_restarted},
    "pieces planned together": {"app.protocol.plan.take_next": _pieces_together},
    "no cap on deaths": {"app.protocol.revoke._aftermath": _no_cap},
    "what is asked back stays here, too": {"worker.holding.Holding.give_back_from": _given_back_and_kept},
    "a shard offered again as a copy of itself": {
        "app.repositories.operations.offer": _offer_whatever_it_is_now
    },
}


HUNTED: dict[str, dict[str, Callable[..., Any]]] = {
    "a death counts where nothing began": {
        "app.protocol.revoke._aftermath": _every_single_death,
        "worker.node.Node.claim_suspect": _no_free_slot_asked,
    },
}
"""Bugs that only a hunt shows."""


@contextmanager
def planted(bug: str | None) -> Iterator[None]:
    """The protocol with this bug in it (None: as it is)."""
    patches = [patch(target, broken) for target, broken in (BUGS | HUNTED)[bug].items()] if bug else []
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()
