"""The nine operations carried out: read, decide purely, commit by compare-and-set, again on a conflict."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from app.errors import InvalidField, StoreUnavailable, TaskNotFound
from app.models.ledger import Ledger, Shard
from app.models.ranges import EMPTY
from app.models.task import TaskSpec
from app.protocol.ask import ask
from app.protocol.claim import Claimed, Refusal, claim
from app.protocol.control import Action, control
from app.protocol.decision import Decision
from app.protocol.plan import Wanted, offer, plan
from app.protocol.record import Recorded, Report, record
from app.protocol.revoke import revoke
from app.protocol.submit import Submitted, begun, publish_failed, published, submit
from app.repositories.ports import CommitOutcome, Store, Stored

A = TypeVar("A")

MOST_CONFLICTS = 200


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """First shards to plan with a submit, and the rendered function that they run."""

    wanted: Sequence[Wanted]
    function: str


class Operations:
    """The only way to change a task. All raise StoreUnavailable, and all may then be called again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def submit(
        self,
        spec: TaskSpec,
        *,
        upload_blocks: int,
        inputs: Sequence[tuple[int, Sequence[str]]] = (),
        now: float | None = None,
        beginning: Beginning | None = None,
    ) -> Submitted:
        """Inputs lie in blocks of an upload, or are `inputs`. With the store's time `now` the task is taken
        for new, and looked for only where it is not. A `beginning` is for tasks whose inputs are `inputs`.

        Raises TaskConflict for another body under a known id, InvalidField where blocks are missing.
        """

        def decide(ledger: Ledger | None, now: float) -> Decision[Submitted]:
            known = self._store.spec(spec.task_id) if ledger is not None else None
            decision = submit(ledger, known, spec, upload_blocks=upload_blocks, now=now)
            effects = msgspec.structs.replace(decision.effects, inputs=tuple(inputs))
            decision = msgspec.structs.replace(decision, effects=effects)
            if beginning is None:
                return decision
            return begun(decision, wanted=beginning.wanted, function=beginning.function)

        return self._change(spec.task_id, decide, absent_at=now)

    def published(self, task_id: str, *, run: int, seen: Stored | None = None) -> bool:
        """`seen` is the task as it was read just now, if it was."""
        return self._change(
            task_id,
            lambda ledger, now: (
                Decision(answer=False) if ledger is None else published(ledger, run=run, now=now)
            ),
            seen=seen,
        )

    def received(self, task_id: str, *, run: int) -> Ledger | None:
        """`published`, by who holds the task's record: the task after it, None where there is none."""

        def decide(ledger: Ledger | None, now: float) -> Decision[Ledger | None]:
            if ledger is None:
                return Decision(answer=None)
            after = published(ledger, run=run, now=now).after
            return Decision(answer=after or ledger, after=after)

        return self._change(task_id, decide)

    def publish_failed(self, task_id: str, *, run: int, attempt: int, limit: int, reason: str) -> bool:
        return self._change_known(
            task_id,
            lambda ledger, _now: publish_failed(ledger, run=run, attempt=attempt, limit=limit, reason=reason),
            absent=False,
        )

    def plan(
        self,
        task_id: str,
        *,
        shard_id: str,
        worker: str,
        count: int,
        most: int,
        function: str | None = None,
    ) -> Shard | None:
        """One shard; see `plan_all`."""
        wanted = Wanted(shard_id=shard_id, worker=worker, count=count, most=most)
        return self.plan_all(task_id, [wanted], function=function).get(shard_id)

    def plan_all(
        self, task_id: str, wanted: Sequence[Wanted], *, function: str | None = None
    ) -> dict[str, Shard]:
        """The shards that could be planned, by id. Ids must be new and random.

        After StoreUnavailable call with others.
        """
        count = sum(each.count for each in wanted)

        def decide(ledger: Ledger, now: float) -> Decision[dict[str, Shard]]:
            agenda = EMPTY
            if ledger.run > 1 and ledger.waiting:
                agenda = self._store.agenda(task_id, start=ledger.cursor, count=count)
            return plan(ledger, wanted=wanted, agenda=agenda, function=function, now=now)

        return self._change_known(task_id, decide, absent={})

    def offer(self, task_id: str, shard_id: str, *, seen: Shard, worker: str) -> Shard | None:
        """For the shard as it was `seen`; None where it has changed since, or may not be offered."""
        return self._change_known(
            task_id,
            lambda ledger, now: offer(ledger, shard_id=shard_id, seen=seen, worker=worker, now=now),
            absent=None,
        )

    def ask(self, task_id: str, shard_id: str, *, seen: Shard, start: int) -> Shard | None:
        """For the shard as it was `seen`; None where it has changed since, or may not be asked."""
        return self._change_known(
            task_id,
            lambda ledger, now: ask(ledger, shard_id=shard_id, seen=seen, start=start, now=now),
            absent=None,
        )

    def claim(
        self, task_id: str, shard_id: str, *, worker: str, holds_nothing: bool, seen: Stored | None = None
    ) -> Claimed | Refusal:
        """`seen` is the task as it was told, if it was."""
        return self._change(
            task_id,
            lambda ledger, now: claim(
                ledger, shard_id=shard_id, worker=worker, holds_nothing=holds_nothing, now=now
            ),
            seen=seen,
        )

    def record(self, task_id: str, shard_id: str, *, worker: str, report: Report) -> Recorded:
        return self._change(
            task_id,
            lambda ledger, now: record(ledger, shard_id=shard_id, worker=worker, report=report, now=now),
        )

    def revoke(
        self, task_id: str, shard_id: str, *, holder: str, touched_at: float, alive: frozenset[str]
    ) -> bool:
        return self._change_known(
            task_id,
            lambda ledger, now: revoke(
                ledger, shard_id=shard_id, holder=holder, touched_at=touched_at, alive=alive, now=now
            ),
            absent=False,
        )

    def control(
        self, task_id: str, action: Action, *, run: int, version: int, reason: str | None = None
    ) -> bool:
        """Raises TaskNotFound."""

        def decide(ledger: Ledger | None, now: float) -> Decision[bool]:
            if ledger is None:
                raise TaskNotFound(f"there is no task {task_id}")
            return control(ledger, action, run=run, version=version, reason=reason, now=now)

        return self._change(task_id, decide)

    def _change_known(self, task_id: str, decide: Callable[[Ledger, float], Decision[A]], *, absent: A) -> A:
        """`absent` is the answer for a task that is not there (any more): nothing to do."""
        return self._change(
            task_id,
            lambda ledger, now: Decision(answer=absent) if ledger is None else decide(ledger, now),
        )

    def _change(
        self,
        task_id: str,
        decide: Callable[[Ledger | None, float], Decision[A]],
        *,
        seen: Stored | None = None,
        absent_at: float | None = None,
    ) -> A:
        """The first try takes the task for what was `seen`, or for absent at this time, if that is known."""
        for tried in range(MOST_CONFLICTS):
            if tried or (seen is None and absent_at is None):
                seen, absent_at = self._store.load(task_id), None
            before = seen
            now = before.read_at if before else self._store.time() if absent_at is None else absent_at
            decision = decide(before.ledger if before else None, now)
            if decision.after is None:
                if decision.effects.counts:
                    self._store.count(decision.effects.counts)
                return decision.answer
            outcome = self._store.commit(before, decision.after, effects=decision.effects, task_id=task_id)
            if outcome is CommitOutcome.DONE:
                return decision.answer
            if outcome is CommitOutcome.INCOMPLETE:
                raise InvalidField("blocks of the upload are missing", pointer="#/inputList")
        raise StoreUnavailable(f"task {task_id} changes too fast", hint="try again")
