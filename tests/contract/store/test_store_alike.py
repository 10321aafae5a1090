"""Random histories of one task on the twin and on Redis at once: every answer and every state alike."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.errors import InvalidField
from app.models.ledger import Ledger, Shard
from app.models.ranges import Spans, indexes, intersect, spans_of_indexes, subtract
from app.protocol.claim import Claimed
from app.protocol.control import RETRIABLE, Action
from app.protocol.decision import NO_EFFECTS
from app.protocol.record import Report
from app.repositories import keys
from app.repositories.ports import CommitOutcome, Stored
from tests.contract.store.subjects import RedisSubject, TwinSubject
from tests.contract.store.trial import Trial

WORKERS = ("a", "b", "c", "d")
workers = st.sampled_from(WORKERS)
picks = st.integers(0, 1_000)
masks = st.integers(0, (1 << 60) - 1)


def timeless(value: object) -> object:
    """The value with its times taken out, as plain data."""
    if isinstance(value, Ledger):
        shards = {name: timeless(shard) for name, shard in value.shards.items()}
        plain = msgspec.to_builtins(value.evolve(created_at=0.0, shards={}))
        times = {name: None for name in ("published_at", "started_at", "finished_at") if name in plain}
        return plain | times | {"shards": shards}
    if isinstance(value, Shard):
        bare = msgspec.structs.replace(value, offered_at=0.0, holders=dict.fromkeys(value.holders, 0.0))
        return msgspec.to_builtins(bare)
    if isinstance(value, Claimed):
        return timeless(value.shard), value.alone
    return value


class Alike(RuleBasedStateMachine):
    """Each rule does one thing to both stores."""

    real: RedisSubject

    def __init__(self) -> None:
        super().__init__()
        self.twin = TwinSubject()
        self.numbers = count()
        self.stale: list[list[Stored]] = []
        self.counts_before = dict(self.real.store.counts())

    @initialize(items=st.integers(1, 45), missing=st.booleans())
    def submit(self, items: int, *, missing: bool) -> None:
        task_id = str(uuid4())
        trials = [Trial(subject.store, items=items, task_id=task_id) for subject in (self.twin, self.real)]
        trials[1].spec = trials[0].spec
        self.trials = trials
        for trial in trials:
            trial.upload(blocks=trial.blocks - 1 if missing else None)
        if missing:
            outcomes = [self._submit_is_refused(trial) for trial in trials]
            assert outcomes == [True, True]
        self.both(lambda trial: trial.submit())

    @staticmethod
    def _submit_is_refused(trial: Trial) -> bool:
        with pytest.raises(InvalidField):
            trial.operations.submit(trial.spec, upload_blocks=trial.blocks)
        return trial.store.load(trial.task_id) is None

    def both(self, act: Callable[[Trial], object]) -> None:
        answers = [timeless(act(trial)) for trial in self.trials]
        assert answers[0] == answers[1]

    @property
    def ledger(self) -> Ledger:
        return self.trials[0].ledger

    def shard(self, pick: int) -> str:
        """One of the shards that are out, or one that never was."""
        names = sorted(self.ledger.shards)
        return names[pick % len(names)] if names else "never"

    def chosen(self, spans: Spans, mask: int) -> Spans:
        return spans_of_indexes(index for i, index in enumerate(indexes(spans)) if mask >> (i % 60) & 1)

    @rule()
    def submit_again(self) -> None:
        self.both(lambda trial: trial.submit())

    @precondition(lambda self: self.ledger.published_at is None)
    @rule()
    def published(self) -> None:
        run = self.ledger.run
        self.both(lambda trial: trial.operations.published(trial.task_id, run=run))

    @precondition(lambda self: self.ledger.published_at is None)
    @rule(attempt=st.integers(1, 3))
    def publish_failed(self, attempt: int) -> None:
        run = self.ledger.run
        self.both(
            lambda trial: trial.operations.publish_failed(
                trial.task_id, run=run, attempt=attempt, limit=3, reason=f"no {attempt}"
            )
        )

    @rule(worker=workers, count=st.integers(1, 12))
    def plan(self, worker: str, count: int) -> None:
        self.plan_as(f"s{next(self.numbers):04}", worker, count)

    def plan_as(self, shard_id: str, worker: str, count: int) -> None:
        self.both(
            lambda trial: trial.operations.plan(
                trial.task_id, shard_id=shard_id, worker=worker, count=count, most=3, function="f"
            )
        )

    @precondition(lambda self: self.ledger.pool_items)
    @rule(worker=workers, count=st.integers(1, 30), done=masks, failed=masks, back=masks)
    def work(self, worker: str, count: int, done: int, failed: int, back: int) -> None:
        """All that happens to a shard whose worker lives, in one go."""
        shard_id = self.next_shard(worker, count)
        if shard_id in self.ledger.shards:
            self.record_some(shard_id, worker, done=done, failed=failed, back=back, repeated=False)

    @precondition(lambda self: self.ledger.pool_items)
    @rule(worker=workers, count=st.integers(1, 12))
    def die(self, worker: str, count: int) -> None:
        """A worker claims a shard and is heard of no more."""
        shard_id = self.next_shard(worker, count)
        shard = self.ledger.shards.get(shard_id)
        if shard is not None and worker in shard.holders:
            self.both(lambda trial: trial.revoke(shard_id, holder=worker, alive=frozenset()))

    def next_shard(self, worker: str, count: int) -> str:
        run, shard_id = self.ledger.run, f"s{next(self.numbers):04}"
        self.both(lambda trial: trial.operations.published(trial.task_id, run=run))
        self.plan_as(shard_id, worker, count)
        self.both(
            lambda trial: trial.operations.claim(trial.task_id, shard_id, worker=worker, holds_nothing=True)
        )
        return shard_id

    @precondition(lambda self: self.ledger.shards)
    @rule(worker=workers, pick=picks)
    def offer(self, worker: str, pick: int) -> None:
        shard_id = self.shard(pick)
        self.both(
            lambda trial: trial.operations.offer(
                trial.task_id, shard_id, seen=trial.ledger.shards[shard_id], worker=worker
            )
        )

    @precondition(lambda self: self.ledger.shards)
    @rule(worker=workers, pick=picks, holds_nothing=st.booleans())
    def claim(self, worker: str, pick: int, *, holds_nothing: bool) -> None:
        shard_id = self.shard(pick)
        self.both(
            lambda trial: trial.operations.claim(
                trial.task_id, shard_id, worker=worker, holds_nothing=holds_nothing
            )
        )

    @precondition(lambda self: self.ledger.shards)
    @rule(worker=workers, pick=picks, done=masks, failed=masks, back=masks, repeated=st.booleans())
    def record(self, worker: str, pick: int, done: int, failed: int, back: int, *, repeated: bool) -> None:
        self.record_some(self.shard(pick), worker, done=done, failed=failed, back=back, repeated=repeated)

    def record_some(
        self, shard_id: str, worker: str, *, done: int, failed: int, back: int, repeated: bool
    ) -> None:
        spans = self.ledger.shards[shard_id].spans
        ran = self.chosen(spans, done)
        report = Report(
            done=ran,
            failed=intersect(self.chosen(spans, failed), ran),
            given_back=subtract(self.chosen(spans, back), ran),
            block_id=uuid4().hex,
            block=bytes(str(done), "ascii"),
            repeated=repeated,
        )
        self.both(
            lambda trial: trial.operations.record(trial.task_id, shard_id, worker=worker, report=report)
        )

    @precondition(lambda self: any(shard.holders for shard in self.ledger.shards.values()))
    @rule(pick=picks, alive=st.frozensets(workers))
    def revoke(self, pick: int, alive: frozenset[str]) -> None:
        held = sorted(
            (name, worker) for name, shard in self.ledger.shards.items() for worker in shard.holders
        )
        shard_id, holder = held[pick % len(held)]
        self.both(lambda trial: trial.revoke(shard_id, holder=holder, alive=alive))

    @precondition(lambda self: self.ledger.state in RETRIABLE)
    @rule()
    def retry(self) -> None:
        self.both(lambda trial: trial.control(Action.RETRY))

    @rule(action=st.sampled_from(Action), late=st.booleans())
    def control(self, action: Action, *, late: bool) -> None:
        ledger = self.ledger
        version = ledger.control - 1 if late else ledger.control
        self.both(
            lambda trial: trial.operations.control(
                trial.task_id, action, run=ledger.run, version=version, reason="asked"
            )
        )

    @rule()
    def remember(self) -> None:
        self.stale.append([trial.stored for trial in self.trials])

    @precondition(lambda self: self.stale)
    @rule(pick=picks)
    def commit_on_an_old_version(self, pick: int) -> None:
        reads = self.stale[pick % len(self.stale)]
        fresh = reads[0].version == self.trials[0].stored.version
        outcomes = [
            trial.store.commit(read, read.ledger, effects=NO_EFFECTS, task_id=trial.task_id)
            for trial, read in zip(self.trials, reads, strict=True)
        ]
        assert outcomes == [CommitOutcome.DONE if fresh else CommitOutcome.CONFLICT] * 2

    @invariant()
    def everything_is_alike(self) -> None:
        if not hasattr(self, "trials"):
            return
        assert self.trials[0].balances()
        self.both(lambda trial: trial.ledger)
        ledger = self.ledger
        task_id = ledger.task_id
        self.both(lambda trial: trial.store.spec(task_id))
        self.both(lambda trial: trial.store.function(task_id))
        self.both(lambda trial: sorted(p for p in trial.store.outstanding() if p[0] == task_id))
        self.both(lambda trial: task_id in trial.store.unfinished())
        self.both(lambda trial: task_id in trial.store.open_work()[0])
        self.both(lambda trial: sorted(p for p in trial.store.open_work()[1] if p[0] == task_id))
        self.both(lambda trial: trial.store.agenda(task_id, start=ledger.cursor, count=7))
        self.both(lambda trial: trial.store.entries(task_id, start=0, limit=100))
        self.both(lambda trial: trial.store.entries(task_id, start=5, limit=3))
        self.both(
            lambda trial: [msgspec.structs.replace(x, at=0.0) for x in trial.store.dead_letters(task_id)]
        )
        self.both(lambda trial: self.blocks(trial))

    def blocks(self, trial: Trial) -> list[bytes | None]:
        entries = trial.store.entries(trial.task_id, start=0, limit=100)
        return [trial.store.block(trial.task_id, entry.block) for entry in entries if entry.block]

    def teardown(self) -> None:
        if not hasattr(self, "trials"):
            return
        task_id = self.ledger.task_id
        twin: Any = self.twin.store
        in_outbox = self.real.client.zscore(keys.key_of(task_id, keys.OUTBOX), task_id) is not None
        assert in_outbox == (task_id in twin._outbox)
        lives = self.real.client.ttl(keys.key_of(task_id, keys.TASK))
        assert (lives > 0) == self.ledger.state.is_terminal
        counts = self.real.store.counts()
        added = {n: c - self.counts_before.get(n, 0) for n, c in counts.items()}
        assert {n: c for n, c in added.items() if c} == {n: c for n, c in twin.counts().items() if c}


@pytest.fixture
def machine(real: RedisSubject) -> Iterator[type[Alike]]:
    Alike.real = real
    yield Alike
    del Alike.real


def test_random_histories_leave_both_stores_alike(machine: type[Alike]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
