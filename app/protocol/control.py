"""control: cancel, halt, pause, resume, retry, each for the run and control version that was read."""

from enum import StrEnum

from app.models.ledger import Ledger, Piece, Shard
from app.models.ranges import spans_of
from app.models.task import TaskState
from app.protocol.decision import Decision, Effects
from app.protocol.ending import returned, settled


class Action(StrEnum):
    """What an operator may ask of a task. HALT is a cancel that ends as FAILED, asked for by a policy."""

    CANCEL = "cancel"
    HALT = "halt"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"


RETRIABLE = frozenset({TaskState.FAILED, TaskState.CANCELLED, TaskState.SUBMISSION_FAILED})
HALTABLE = frozenset({TaskState.SUBMITTED, TaskState.INPROGRESS})


def control(
    ledger: Ledger, action: Action, *, run: int, version: int, reason: str | None = None, now: float
) -> Decision[bool]:
    """Whether it was done. Another run or control version than the ledger's: nothing, it was done before."""
    if (ledger.run, ledger.control) != (run, version) or not _applies(ledger, action):
        return Decision(answer=False)
    known = ledger.evolve(control=ledger.control + 1)
    if action is Action.RETRY:
        return _retried(known)
    if action is Action.PAUSE:
        return Decision(answer=True, after=_without_unclaimed(known.evolve(paused=True))[0])
    if action is Action.RESUME:
        return Decision(answer=True, after=known.evolve(paused=False))
    return _stopped(known, TaskState.FAILED if action is Action.HALT else TaskState.CANCELLED, reason, now)


def has_to_retry(ledger: Ledger) -> bool:
    """Whether a retry would find anything to run: a task stopped after its last item has nothing left."""
    return ledger.state is TaskState.SUBMISSION_FAILED or ledger.failed + ledger.cancelled > 0


def _applies(ledger: Ledger, action: Action) -> bool:
    running = not ledger.state.is_terminal and ledger.ending is None
    return {
        Action.CANCEL: running,
        Action.HALT: running and ledger.state in HALTABLE,
        Action.PAUSE: running and not ledger.paused,
        Action.RESUME: running and ledger.paused,
        Action.RETRY: ledger.state in RETRIABLE and has_to_retry(ledger),
    }[action]


def _retried(ledger: Ledger) -> Decision[bool]:
    if ledger.state is TaskState.SUBMISSION_FAILED:
        return Decision(answer=True, after=ledger.evolve(state=TaskState.QUEUED, reason=None))
    again = ledger.evolve(
        state=TaskState.QUEUED,
        run=ledger.run + 1,
        waiting=ledger.failed + ledger.cancelled,
        cursor=0,
        stop=ledger.items_total,
        failed=0,
        cancelled=0,
        executed=0,
        ending=None,
        published_at=None,
        started_at=None,
        finished_at=None,
        reason=None,
    )
    effects = Effects(counts={"tasks_retried": 1}, new_agenda=True)
    return Decision(answer=True, after=again, effects=effects)


def _stopped(ledger: Ledger, ending: TaskState, reason: str | None, now: float) -> Decision[bool]:
    in_pool = spans_of(span for piece in ledger.pool for span in piece.spans)
    never_planned = ledger.waiting
    state = TaskState.CANCELLING if ending is TaskState.CANCELLED else ledger.state
    after = ledger.evolve(ending=ending, reason=reason, paused=False, state=state, waiting=0, pool=())
    after, unplanned = returned(after, *ledger.pool)
    after = after.evolve(cancelled=after.cancelled + never_planned)
    after, unclaimed = _without_unclaimed(after)
    after, ended = settled(after, now=now)
    counts = {"items_cancelled": after.cancelled - ledger.cancelled} | ended
    redo = spans_of((*in_pool, *unplanned, *unclaimed))
    effects = Effects(counts=counts, redo=redo, redo_waiting=never_planned > 0)
    return Decision(answer=True, after=after, effects=effects)


def _without_unclaimed(ledger: Ledger) -> tuple[Ledger, tuple[tuple[int, int], ...]]:
    kept = {name: shard for name, shard in ledger.shards.items() if shard.holders}
    out = [shard for shard in ledger.shards.values() if not shard.holders]
    return returned(ledger.evolve(shards=kept), *(_as_piece(shard) for shard in out))


def _as_piece(shard: Shard) -> Piece:
    return Piece(spans=shard.spans, attempt=shard.attempt, suspect=shard.suspect, deaths=shard.deaths)
