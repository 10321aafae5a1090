"""submit: store a task, once, perhaps with its first shards; published: note what Kafka said of it."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from app.errors import TaskConflict
from app.models.ledger import Ledger
from app.models.task import TaskSpec, TaskState
from app.protocol.decision import Decision, Effects
from app.protocol.plan import Wanted, plan

TRIED = frozenset({TaskState.QUEUED, TaskState.RETRYING})
UNPUBLISHED = TRIED | {TaskState.SUBMISSION_FAILED}


class Submitted(StrEnum):
    """Whether this submit made the task."""

    NEW = "new"
    KNOWN = "known"


def submit(
    ledger: Ledger | None, known: TaskSpec | None, spec: TaskSpec, *, upload_blocks: int, now: float
) -> Decision[Submitted]:
    """Same id and same body: the same task. Raises TaskConflict for the same id with another body."""
    if ledger is not None:
        if known is None or known.fingerprint != spec.fingerprint:
            raise TaskConflict(
                f"a task {spec.task_id} exists and is another one",
                pointer="#/id",
                hint="send the same body again, or leave out the id to get a new one",
            )
        return Decision(answer=Submitted.KNOWN)
    counts = {"tasks_submitted": 1, "items_submitted": spec.items_total}
    effects = Effects(counts=counts, spec=spec, upload_blocks=upload_blocks)
    return Decision(answer=Submitted.NEW, after=new_ledger(spec, now=now), effects=effects)


def begun(submitted: Decision[Submitted], *, wanted: Sequence[Wanted], function: str) -> Decision[Submitted]:
    """The same with these shards planned in one change with it, of a task that is new, and hinted at.

    Its record is still to be sent: the task is in the outbox until Kafka has it, or it has ended.
    """
    new = submitted.after
    if new is None:
        return submitted
    planned = plan(
        new.evolve(state=TaskState.SUBMITTED), wanted=wanted, function=function, now=new.created_at
    )
    if planned.after is None:
        return submitted
    counts = submitted.effects.counts | planned.effects.counts
    effects = msgspec.structs.replace(submitted.effects, counts=counts, function=function, hinted=True)
    return msgspec.structs.replace(submitted, after=planned.after, effects=effects)


def new_ledger(spec: TaskSpec, *, now: float) -> Ledger:
    """The ledger of a task as it is stored first."""
    return Ledger(
        task_id=spec.task_id,
        items_total=spec.items_total,
        created_at=now,
        stop=spec.items_total,
        waiting=spec.items_total,
        priority=spec.priority,
        idempotent=spec.idempotent,
        max_deaths=spec.max_deaths,
    )


def published(ledger: Ledger, *, run: int, now: float) -> Decision[bool]:
    """Kafka has the task: out of the outbox, and SUBMITTED unless it is further already."""
    if ledger.published_at is not None or ledger.state.is_terminal or ledger.run != run:
        return Decision(answer=False)
    state = TaskState.SUBMITTED if ledger.state in UNPUBLISHED else ledger.state
    return Decision(answer=True, after=ledger.evolve(state=state, published_at=now, reason=None))


def publish_failed(ledger: Ledger, *, run: int, attempt: int, limit: int, reason: str) -> Decision[bool]:
    """Kafka refused the task for the `attempt`-th time of `limit`: RETRYING, at last SUBMISSION_FAILED.

    A refusal that is told late changes nothing of a task that has been given up.
    """
    if ledger.state not in TRIED or ledger.run != run or ledger.published_at is not None:
        return Decision(answer=False)
    state = TaskState.SUBMISSION_FAILED if attempt >= limit else TaskState.RETRYING
    if (state, reason) == (ledger.state, ledger.reason):
        return Decision(answer=False)
    return Decision(answer=True, after=ledger.evolve(state=state, reason=reason))
