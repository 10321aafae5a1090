"""A cluster in virtual time: one scheduler with the real planner, and simulated workers, store and bus."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from time import thread_time

from app.models.node import Beat
from app.models.ranges import Spans, spans_of_indexes
from app.services.deciding import Decisions, Scene, decide
from app.services.dispatching import Served
from app.services.liveness import alive
from app.services.sizing import Limits
from app.services.workload import BeatViews, Idle
from benchmarks.planner_ledgers import TaskLedger
from benchmarks.planner_mixes import FOREVER, Mix, SimulatedWorker
from benchmarks.planner_workers import HeldShard, WorkerState

BEAT_SECONDS = 1.0
RECORD_SECONDS = 2.0
SILENCE_SECONDS = 4.0
MOST_TASKS = 256


@dataclass(frozen=True, kw_only=True)
class Delays:
    """A call of the store and back, a record on its way, and each further plan of one round, in seconds."""

    round_trip: float = 0.010
    hop: float = 0.005
    plan: float = 0.0001


@dataclass(kw_only=True)
class Measured:
    """`seconds` from the submit to the last record; of the planner's own time, `planner_seconds`."""

    seconds: float = 0.0
    shards: int = 0
    rounds: int = 0
    planner_seconds: float = 0.0
    asked_back: int = 0
    copied: int = 0

    @property
    def planner_us(self) -> float:
        """Microseconds of the planner a shard."""
        return 1e6 * self.planner_seconds / max(1, self.shards)


class Cluster:
    """Runs one mix to its end."""

    def __init__(self, mix: Mix, *, delays: Delays, limits: Limits | None = None, seed: int = 0) -> None:
        self._mix = mix
        self._delays = delays
        self._limits = limits or Limits()
        self._random = Random(seed)
        self._now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = itertools.count()
        self._tasks: dict[str, TaskLedger] = {}
        self._workers: dict[str, WorkerState] = {}
        self._beats: dict[str, Beat] = {}
        self._views = BeatViews()
        self._served = Served()
        self._told: dict[str, dict[str, float]] = {}
        self._idle: dict[str, Idle] = {}
        self._is_planning = self._is_woken = False
        self._begun: set[int] = set()
        self._dead: set[str] = set()
        self.measured = Measured()

    def run(self) -> Measured:
        """To the end of the task that is waited for, or of all."""
        for worker in self._mix.workers:
            self._after(worker.joins_at, partial(self._join, worker))
        for task in self._mix.tasks:
            at = task.submitted_at + self._delays.round_trip
            self._after(at, partial(self._submit, TaskLedger(task, now=at)))
        self._after(BEAT_SECONDS, self._sweep)
        awaited = [task for task in self._mix.tasks if self._mix.only in (None, task.name)]
        while not all(task.name in self._tasks and not self._tasks[task.name].left for task in awaited):
            self._now, _, act = heapq.heappop(self._events)
            act()
        self.measured.seconds = self._now - awaited[0].submitted_at
        return self.measured

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._now + seconds, next(self._serial), act))

    def _submit(self, task: TaskLedger) -> None:
        self._tasks[task.spec.name] = task
        self._after(self._delays.hop, self._wake)

    # the scheduler

    def _sweep(self) -> None:
        self._after(BEAT_SECONDS, self._sweep)
        for worker, beat in self._beats.items():
            if worker not in self._dead and self._now - beat.at > SILENCE_SECONDS:
                self._dead.add(worker)
                for task in self._tasks.values():
                    task.revoke_all_of(worker)
        self._wake()

    def _wake(self) -> None:
        self._is_woken = True
        if not self._is_planning:
            self._is_planning = True
            self._after(self._delays.round_trip, self._plan)

    def _plan(self) -> None:
        self._is_woken = False
        decisions = self._decide()
        at = self._delays.round_trip
        for chosen in decisions.plans:
            task, shard_id = self._tasks[chosen.task_id], f"s{self.measured.shards}"
            if task.plan(chosen, shard_id, now=self._now) is None:
                continue
            self.measured.shards += 1
            self._served.add(chosen.task_id, chosen.cost)
            at += self._delays.plan
            self._send(chosen.task_id, shard_id, chosen.worker, after=at)
        at += self._balance(decisions)
        self._after(at, self._planned)

    def _balance(self, decisions: Decisions) -> float:
        seconds = 0.0
        for ask in decisions.asks:
            task = self._tasks[ask.task_id]
            shard = task.shard(ask.shard_id)
            if shard is not None and task.ask(ask, seen=shard, now=self._now):
                seconds += self._delays.plan
                self.measured.asked_back += 1
                self._send(ask.task_id, ask.shard_id, ask.holder, after=self._delays.round_trip + seconds)
        for copy in decisions.copies:
            task = self._tasks[copy.task_id]
            shard = task.shard(copy.shard_id)
            if shard is not None and task.offer(copy, seen=shard, now=self._now):
                seconds += self._delays.plan
                self.measured.copied += 1
                self._send(copy.task_id, copy.shard_id, copy.worker, after=self._delays.round_trip + seconds)
        return seconds

    def _planned(self) -> None:
        self._is_planning = False
        if self._is_woken:
            self._wake()

    def _decide(self) -> Decisions:
        open_tasks = [task.ledger for task in self._tasks.values() if task.left]
        can = {ledger.task_id: ledger for ledger in open_tasks if ledger.can_plan}
        if len(can) > MOST_TASKS:
            pressing = sorted(can.values(), key=lambda ledger: (-ledger.priority, ledger.created_at))
            can = {ledger.task_id: ledger for ledger in pressing[:MOST_TASKS]}
        busy = {led.task_id: led for led in open_tasks if led.task_id not in can and led.shards}
        living = alive(self._beats, now=self._now, silence=SILENCE_SECONDS)
        self._served.keep(can)
        served = {task_id: self._served.of(task_id) for task_id in can}
        started = thread_time()
        views = self._views.of(living)
        scene = Scene(
            can=can,
            busy=busy,
            living=views,
            taking=views,
            served=served,
            told=self._told,
            idle=self._idle,
            now=self._now,
        )
        decisions = decide(scene, limits=self._limits)
        self.measured.planner_seconds += thread_time() - started
        self.measured.rounds += 1
        return decisions

    def _send(self, task_id: str, shard_id: str, worker: str, *, after: float) -> None:
        """The record reaches the worker, which claims the shard."""
        seconds = after + self._delays.hop + self._delays.round_trip
        self._after(seconds, partial(self._claim, task_id, shard_id, worker))

    def _hear(self, task_id: str, worker: str, rate: float | None, idle: int) -> None:
        self._idle[worker] = Idle(slots=idle, at=self._now)
        if rate is not None:
            self._told.setdefault(task_id, {})[worker] = rate
        self._wake()

    # the workers

    def _join(self, spec: SimulatedWorker) -> None:
        self._workers[spec.name] = WorkerState(spec)
        self._after(
            self._random.uniform(0, BEAT_SECONDS) if spec.joins_at == 0 else 0.0, partial(self._beat, spec)
        )
        self._beats[spec.name] = self._workers[spec.name].beat(self._now)
        if spec.dies_at < FOREVER:
            self._after(spec.dies_at - self._now, partial(self._die, spec))

    def _die(self, spec: SimulatedWorker) -> None:
        del self._workers[spec.name]

    def _beat(self, spec: SimulatedWorker) -> None:
        worker = self._workers.get(spec.name)
        if worker is None:
            return
        self._after(BEAT_SECONDS, partial(self._beat, spec))
        self._beats[spec.name] = worker.beat(self._now)
        for held in list(worker.held.values()):
            self._look(worker, held)
        self._fill(worker)

    def _look(self, worker: WorkerState, held: HeldShard) -> None:
        """What the beat learns of a shard: gone, recorded by another, asked back."""
        shard = self._tasks[held.task_id].shard(held.shard_id)
        if shard is None:
            if not held.is_finished:
                worker.drop(held.shard_id)
        elif shard.asked_from is not None:
            held.give_back_from(shard.asked_from)
        if held.given_back or held.ended:
            self._record(worker, held)

    def _claim(self, task_id: str, shard_id: str, name: str) -> None:
        worker = self._workers.get(name)
        if worker is None:
            return
        shard = self._tasks[task_id].claim(shard_id, name, now=self._now)
        held = worker.held.get(shard_id)
        if shard is not None and held is None:
            worker.add(task_id, shard_id, shard.spans, suspect=shard.suspect)
        elif shard is not None and held is not None:
            self._look(worker, held)
        self._fill(worker)

    def _fill(self, worker: WorkerState) -> None:
        while (taken := worker.take(self._now)) is not None:
            held, index = taken
            seconds = self._tasks[held.task_id].spec.seconds(index) * worker.spec.slowness
            if index in self._tasks[held.task_id].spec.hangs and index not in self._begun:
                self._begun.add(index)
                seconds = FOREVER
            self._after(seconds, partial(self._end, worker, held, index))

    def _end(self, worker: WorkerState, held: HeldShard, index: int) -> None:
        if worker.spec.name not in self._workers or index not in held.running:
            return
        worker.end(held, index, now=self._now)
        if held.is_finished:
            self._record(worker, held)
        self._fill(worker)
        idle = worker.idle()
        if idle > worker.idle_told and not held.is_finished:
            worker.idle_told = idle
            self._tell(worker, held.task_id)

    def _record(self, worker: WorkerState, held: HeldShard) -> None:
        done, back = spans_of_indexes(held.ended), held.given_back
        held.ended, held.given_back = [], ()
        recorded = partial(self._recorded, worker, held, done=done, back=back, is_over=held.is_finished)
        self._after(self._delays.round_trip, recorded)

    def _recorded(
        self, worker: WorkerState, held: HeldShard, *, done: Spans, back: Spans, is_over: bool
    ) -> None:
        if worker.spec.name not in self._workers:
            return
        goes_on = self._tasks[held.task_id].record(held.shard_id, worker.spec.name, done, back, now=self._now)
        if is_over or not goes_on:
            worker.drop(held.shard_id)
        if is_over or back:
            worker.idle_told = worker.idle()
            self._tell(worker, held.task_id)

    def _tell(self, worker: WorkerState, task_id: str) -> None:
        told = (task_id, worker.spec.name, worker.rate(task_id), worker.idle())
        self._after(self._delays.hop, partial(self._hear, *told))
