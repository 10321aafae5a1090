"""A task's life as a state machine: any operation, by anyone, at any time, right or wrong, once or again.

What must hold holds after each step, and in the end there is always a way to a terminal state.
"""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from app.models.ledger import Ledger
from app.models.ranges import EMPTY, Spans, indexes, intersect, size, spans_of
from app.models.result import ItemResult, Outcome
from app.models.task import TaskSpec, TaskState
from app.models.wire import pack_results
from app.protocol.claim import Claimed
from app.protocol.control import Action
from app.protocol.record import Report
from app.repositories.operations import Operations
from tests.property.task_invariants import TASK, WatchedStore, demand_all

MOST_ITEMS = 24
MOST_TRIES = 3
WORKERS = ("a#1", "a#2", "b#1", "c#1")
ENOUGH_STEPS = 500

workers = st.sampled_from(WORKERS)
spans = st.lists(st.tuples(st.integers(0, MOST_ITEMS + 4), st.integers(0, MOST_ITEMS + 4)), max_size=3).map(
    spans_of
)
staleness = st.sampled_from([0, 0, 0, 1, 2])


class TaskLife(RuleBasedStateMachine):
    """One task on the twin. `_calls` are calls that were made, to be made again."""

    shards = Bundle("shards")

    def __init__(self) -> None:
        super().__init__()
        self._now = 1_000.0
        self._serial = 0
        self._store = WatchedStore(lambda: self._now)
        self._operations = Operations(self._store)
        self._calls: list[Callable[[], object]] = []
        self._most_succeeded = 0

    @initialize(
        items=st.integers(1, MOST_ITEMS),
        is_idempotent=st.booleans(),
        max_deaths=st.integers(1, MOST_TRIES),
        is_known_to_kafka=st.sampled_from([True, True, True, False]),
    )
    def submit(
        self,
        *,
        items: int,
        is_idempotent: bool,
        max_deaths: int,
        is_known_to_kafka: bool,
    ) -> None:
        self._store.put_blocks("upload", [(0, [f"item {index}" for index in range(items)])])
        spec = TaskSpec(
            task_id=TASK,
            template="true",
            items_total=items,
            upload="upload",
            fingerprint="same",
            created_at=self._now,
            idempotent=is_idempotent,
            max_deaths=max_deaths,
        )
        self._call(lambda: self._operations.submit(spec, upload_blocks=1))
        if is_known_to_kafka:
            self.published(0)

    # steps

    @rule(seconds=st.sampled_from([0.5, 5.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self._now += seconds

    @rule(runs_ago=staleness)
    def published(self, runs_ago: int) -> None:
        run = self._ledger.run - runs_ago
        self._call(lambda: self._operations.published(TASK, run=run))

    @rule(runs_ago=staleness, attempt=st.sampled_from([1, 2, MOST_TRIES, MOST_TRIES + 1]))
    def publish_failed(self, runs_ago: int, attempt: int) -> None:
        run = self._ledger.run - runs_ago
        self._call(
            lambda: self._operations.publish_failed(
                TASK, run=run, attempt=attempt, limit=MOST_TRIES, reason=f"refused {attempt} times"
            )
        )

    @rule(target=shards, worker=workers, count=st.integers(1, MOST_ITEMS), most=st.integers(1, 4))
    def plan(self, worker: str, count: int, most: int) -> object:
        shard_id = self._new_id()
        shard = self._operations.plan(
            TASK, shard_id=shard_id, worker=worker, count=count, most=most, function="true"
        )
        assert shard is None or 1 <= size(shard.spans) <= count
        return multiple() if shard is None else shard_id

    @rule(target=shards, worker=workers, count=st.integers(1, MOST_ITEMS))
    def plan_and_claim(self, worker: str, count: int) -> object:
        shard_id = self.plan(worker, count, 99)
        if isinstance(shard_id, str):
            self.claim(shard_id=shard_id, worker=worker, is_empty=True)
        return shard_id

    @rule(shard_id=shards, worker=workers)
    def offer(self, shard_id: str, worker: str) -> None:
        seen = self._ledger.shards.get(shard_id)
        if seen is not None:
            self._call(lambda: self._operations.offer(TASK, shard_id, seen=seen, worker=worker))

    @rule(shard_id=shards, worker=workers, is_empty=st.booleans())
    def claim(self, *, shard_id: str, worker: str, is_empty: bool) -> None:
        answer = self._call(
            lambda: self._operations.claim(TASK, shard_id, worker=worker, holds_nothing=is_empty)
        )
        if isinstance(answer, Claimed):
            shard = self._ledger.shards[shard_id]
            assert shard == answer.shard
            assert shard.holders[worker] == self._now

    @rule(shard_id=shards, worker=workers, done=spans, failed=spans, back=spans, is_repeated=st.booleans())
    def record(
        self,
        *,
        shard_id: str,
        worker: str,
        done: Spans,
        failed: Spans,
        back: Spans,
        is_repeated: bool,
    ) -> None:
        self._record(shard_id, worker, done=done, failed=failed, back=back, is_repeated=is_repeated)

    @rule(shard_id=shards, data=st.data())
    def record_what_is_there(self, shard_id: str, data: st.DataObject) -> None:
        shard = self._ledger.shards.get(shard_id)
        if shard is None:
            return
        worker = data.draw(st.sampled_from(sorted(shard.holders) or WORKERS))
        done = data.draw(st.one_of(spans, st.just(shard.spans)))
        failed = data.draw(st.one_of(st.just(EMPTY), spans))
        back = data.draw(st.sampled_from([EMPTY, shard.spans]))
        self._record(shard_id, worker, done=intersect(done, shard.spans), failed=failed, back=back)

    @rule(shard_id=shards, alive=st.sets(workers), is_stale=st.booleans(), data=st.data())
    def revoke(self, *, shard_id: str, alive: set[str], is_stale: bool, data: st.DataObject) -> None:
        shard = self._ledger.shards.get(shard_id)
        holders = dict(shard.holders) if shard is not None else {}
        holder = data.draw(st.sampled_from(sorted(holders) or WORKERS))
        touched_at = holders.get(holder, 0.0) - (1.0 if is_stale else 0.0)
        living = frozenset(alive)
        self._call(
            lambda: self._operations.revoke(
                TASK, shard_id, holder=holder, touched_at=touched_at, alive=living
            )
        )

    @rule(action=st.sampled_from(list(Action)), runs_ago=staleness, versions_ago=staleness)
    def control(self, action: Action, runs_ago: int, versions_ago: int) -> None:
        run, version = self._ledger.run - runs_ago, self._ledger.control - versions_ago
        self._call(lambda: self._operations.control(TASK, action, run=run, version=version, reason="asked"))

    @precondition(lambda self: self._calls)
    @rule(data=st.data())
    def make_an_earlier_call_again(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self._calls))()

    # what holds

    @invariant()
    def all_that_must_hold_holds(self) -> None:
        ledger = self._ledger_or_none
        if ledger is not None:
            demand_all(self._store, ledger)
            assert ledger.succeeded >= self._most_succeeded, "what succeeded stays so"
            self._most_succeeded = ledger.succeeded

    def teardown(self) -> None:
        """Whatever came before: publish, resume, plan, claim and record end the task."""
        if self._ledger_or_none is None:
            return
        for _ in range(ENOUGH_STEPS):
            if self._ledger.state.is_terminal:
                return
            self._step_to_the_end()
            self.all_that_must_hold_holds()
        raise AssertionError(f"it cannot be ended: {self._ledger}")

    def _step_to_the_end(self) -> None:
        ledger = self._ledger
        if ledger.state is TaskState.SUBMISSION_FAILED or ledger.paused:
            action = Action.RESUME if ledger.paused else Action.RETRY
            assert self._operations.control(TASK, action, run=ledger.run, version=ledger.control)
        elif ledger.published_at is None and ledger.state is not TaskState.CANCELLING:
            self._now += 1_000
            assert [task_id for task_id, _ in self._store.due(limit=9)] == [TASK]
            self._operations.published(TASK, run=ledger.run)
        elif ledger.shards:
            shard_id, shard = next(iter(ledger.shards.items()))
            worker = next(iter(shard.holders), "finisher")
            self._operations.claim(TASK, shard_id, worker=worker, holds_nothing=True)
            self._record(shard_id, worker, done=shard.spans, failed=EMPTY, back=EMPTY)
        else:
            shard_id = self._new_id()
            assert self._operations.plan(
                TASK, shard_id=shard_id, worker="finisher", count=5, most=99, function="true"
            )

    # how

    @property
    def _ledger_or_none(self) -> Ledger | None:
        stored = self._store.load(TASK)
        return None if stored is None else stored.ledger

    @property
    def _ledger(self) -> Ledger:
        ledger = self._ledger_or_none
        assert ledger is not None
        return ledger

    def _new_id(self) -> str:
        self._serial += 1
        return f"id-{self._serial}"

    def _call(self, call: Callable[[], object]) -> object:
        self._calls.append(call)
        return call()

    def _record(
        self,
        shard_id: str,
        worker: str,
        *,
        done: Spans,
        failed: Spans,
        back: Spans,
        is_repeated: bool = False,
    ) -> None:
        bad = set(indexes(failed))
        results = [
            ItemResult(index=index, outcome=Outcome.FAILED if index in bad else Outcome.OK)
            for index in indexes(done)
        ]
        report = Report(
            done=done,
            failed=failed,
            given_back=back,
            block_id=self._new_id(),
            block=pack_results(results),
            repeated=is_repeated,
        )
        self._call(lambda: self._operations.record(TASK, shard_id, worker=worker, report=report))


TestTaskLife = TaskLife.TestCase
TestTaskLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
