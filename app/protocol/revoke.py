"""revoke: a claimed shard leaves a holder that no longer names it; its remaining items go back."""

import msgspec

from app.models.ledger import Ledger, Piece, Shard
from app.models.ranges import EMPTY, Spans, size, spans_of
from app.models.result import Outcome
from app.protocol.decision import DeadLetter, Decision, Effects, Entry
from app.protocol.ending import returned, settled
from app.protocol.pool import broken_up


def revoke(
    ledger: Ledger, *, shard_id: str, holder: str, touched_at: float, alive: frozenset[str], now: float
) -> Decision[bool]:
    """Takes the shard from `holder` if it was last touched at `touched_at`; its id is dead for ever.

    `alive` are the incarnations that beat. A holder that does not is a death: its items come back as
    suspects, in up to 8 pieces. A suspect that is a single item remembers the death: its claim was its
    begin, so it may have been the cause. After `max_deaths` of them it is lost.
    """
    shard = ledger.shards.get(shard_id)
    if shard is None or shard.holders.get(holder) != touched_at:
        return Decision(answer=False)
    others = {name: other for name, other in ledger.shards.items() if name != shard_id}
    rest_of_holders = {name: at for name, at in shard.holders.items() if name != holder}
    if rest_of_holders:
        kept = msgspec.structs.replace(shard, holders=rest_of_holders)
        after = ledger.evolve(shards={**others, shard_id: kept})
        return Decision(answer=True, after=after, effects=Effects(counts={"revokes": 1}))
    died = holder not in alive
    counts = {"revokes": 1, **({"deaths": 1} if died else {})}
    after = ledger.evolve(shards=others)
    parts, lost = _aftermath(
        shard, holder=holder if died else None, alive=alive, max_deaths=ledger.max_deaths
    )
    after = after.evolve(failed=after.failed + size(lost))
    after, cancelled = returned(after, *parts)
    after, ended = settled(after, now=now)
    if lost:
        counts |= {"items_failed": size(lost), "items_lost": size(lost), "dead_letters": 1}
    if cancelled:
        counts["items_cancelled"] = size(cancelled)
    effects = Effects(
        counts=counts | ended,
        entries=tuple(Entry(start=a, stop=b, run=ledger.run, outcome=Outcome.LOST) for a, b in lost),
        redo=spans_of((*lost, *cancelled)),
        dead_letters=_letters(ledger, lost, workers=(*shard.deaths, holder), now=now),
    )
    return Decision(answer=True, after=after, effects=effects)


def _aftermath(
    shard: Shard, *, holder: str | None, alive: frozenset[str], max_deaths: int
) -> tuple[tuple[Piece, ...], Spans]:
    """What goes back to the pool, and what is lost."""
    attempt = shard.attempt + 1
    if holder is None:
        back = Piece(spans=shard.spans, attempt=attempt, suspect=shard.suspect, deaths=shard.deaths)
        return (back,), EMPTY
    if size(shard.spans) > 1 or not shard.suspect:
        return broken_up(shard, attempt=attempt), EMPTY
    deaths = tuple(sorted(({*shard.deaths, holder}) - alive))
    if len(deaths) >= max_deaths:
        return (), shard.spans
    return (Piece(spans=shard.spans, attempt=attempt, suspect=True, deaths=deaths),), EMPTY


def _letters(ledger: Ledger, lost: Spans, *, workers: tuple[str, ...], now: float) -> tuple[DeadLetter, ...]:
    return tuple(
        DeadLetter(
            task_id=ledger.task_id,
            index=index,
            run=ledger.run,
            reason=f"{len(workers)} workers died while they ran this item alone",
            at=now,
            workers=workers,
        )
        for start, stop in lost
        for index in range(start, stop)
    )
