"""The pool: taking the next items out of it, and putting items back with their marks."""

from app.models.ledger import Ledger, Piece, Shard
from app.models.ranges import EMPTY, Spans, intersect, pieces, size, spans_of, take

PIECES_AFTER_DEATH = 8


def put_back(pool: tuple[Piece, ...], piece: Piece) -> tuple[Piece, ...]:
    """`pool` with `piece`: suspects first, in order of first items. Unmarked ones of one attempt are one."""
    if not piece.spans:
        return pool
    if piece.suspect or piece.deaths:
        return _ordered((*pool, piece))
    alike = [p for p in pool if not p.suspect and not p.deaths and p.attempt == piece.attempt]
    others = tuple(p for p in pool if p not in alike)
    spans = spans_of(span for p in (*alike, piece) for span in p.spans)
    return _ordered((*others, Piece(spans=spans, attempt=piece.attempt)))


def broken_up(shard: Shard, *, attempt: int) -> tuple[Piece, ...]:
    """What a dead worker held, in up to 8 pieces, so that few deaths find the item that kills."""
    return tuple(
        Piece(spans=part, attempt=attempt, suspect=True) for part in pieces(shard.spans, PIECES_AFTER_DEATH)
    )


def take_next(ledger: Ledger, count: int, *, agenda: Spans) -> tuple[Ledger, Piece]:
    """The next at most `count` items: of the first returned piece alone, else of the cursor.

    `agenda` holds the next items at or after the cursor of a later run (at least `count` of them, or all).
    """
    if ledger.pool:
        first, *others = ledger.pool
        taken, rest = take(first.spans, count)
        pool = tuple(others)
        if rest:
            pool = put_back(pool, Piece(spans=rest, attempt=first.attempt, suspect=first.suspect))
        piece = Piece(spans=taken, attempt=first.attempt, suspect=first.suspect, deaths=first.deaths)
        return ledger.evolve(pool=pool), piece
    if ledger.run == 1:
        taken = ((ledger.cursor, min(ledger.stop, ledger.cursor + count)),)
    else:
        taken, _ = take(intersect(agenda, ((ledger.cursor, ledger.stop),)), count)
    if not taken:
        return ledger.evolve(waiting=0, cursor=ledger.stop), Piece(spans=EMPTY)
    after = ledger.evolve(cursor=taken[-1][1], waiting=ledger.waiting - size(taken))
    return after, Piece(spans=taken, attempt=ledger.run)


def _ordered(parts: tuple[Piece, ...]) -> tuple[Piece, ...]:
    return tuple(sorted(parts, key=lambda piece: (not piece.suspect, piece.spans[0][0])))
