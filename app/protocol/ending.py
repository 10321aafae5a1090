"""The one check with which record, revoke and control end: nothing waits, nothing is out, so it is over."""

from app.models.ledger import Ledger, Piece
from app.models.ranges import Spans, size
from app.models.task import TaskState
from app.protocol.pool import put_back


def settled(ledger: Ledger, *, now: float) -> tuple[Ledger, dict[str, int]]:
    """The ledger in its terminal state where pool and shards are empty, and what that adds to the counts."""
    if ledger.waiting or ledger.pool or ledger.shards or ledger.state.is_terminal:
        return ledger, {}
    state = ledger.ending or (TaskState.FAILED if ledger.failed else TaskState.COMPLETED)
    ended = ledger.evolve(state=state, finished_at=now, paused=False)
    return ended, {f"tasks_{state.lower()}": 1}


def returned(ledger: Ledger, *parts: Piece) -> tuple[Ledger, Spans]:
    """The ledger with `parts` back in its pool, or, where the task is ending, cancelled: those spans."""
    if ledger.ending is None:
        pool = ledger.pool
        for piece in parts:
            pool = put_back(pool, piece)
        return ledger.evolve(pool=pool), ()
    gone = tuple(sorted(span for piece in parts for span in piece.spans))
    return ledger.evolve(cancelled=ledger.cancelled + size(gone)), gone
