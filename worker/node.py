"""A worker's dealings with the rest of the system: claim, record, beat, look. No threads of its own."""

from collections.abc import Mapping, Sequence
from threading import Lock, RLock

from app.errors import BusUnavailable, FanfoldError, StoreUnavailable
from app.models.ledger import Ledger, Shard
from app.models.node import Beat
from app.models.wire import RoomRecord, ShardRecord, encode
from app.protocol.claim import Claimed, Refusal
from app.repositories.picking import picked
from app.repositories.ports import ShardHint
from worker.facts import Facts
from worker.hints import Hints
from worker.holdings import Holdings
from worker.node_ports import NodePorts, NodeSettings, Slots, TaskFacts

MOST_GONE = 64
OWED_ROOM_SECONDS = 0.1


class Node:
    """Thread-safe: one thread claims, one records, one beats; the slots take from `holdings`.

    Shards that a dead worker held are claimed by a slot that is free, and begin at once: a worker that dies
    takes no item along that only waited for it.

    Every method may be called again after an error: StoreUnavailable leaves everything as it was.
    """

    def __init__(self, *, settings: NodeSettings, ports: NodePorts, holdings: Holdings, slots: Slots) -> None:
        self._settings = settings
        self._ports = ports
        self._holdings = holdings
        self._slots = slots
        self._lock = RLock()
        self._claiming = Lock()
        self._hints = Hints()
        self._facts = Facts(ports.store)
        self._draining = False
        self._was_stuck = False
        self._idle_told = settings.slots
        self._gone: dict[str, None] = {}
        self._hinted: set[str] = set()
        self._recording = Lock()
        self._owes_room = False
        self._room_told_at = -OWED_ROOM_SECONDS

    # claiming

    def hint(self, record: ShardRecord, *, told: ShardHint | None = None) -> None:
        """There may be a shard to claim. Forgotten while there is no room: it is offered again.

        What was `told` with it need not be read.

        One that is held already is claimed again: the answer tells what it is asked back for.
        """
        with self._lock:
            if self._holdings.has(record.shard_id):
                self._hints.add(record)
            elif record.suspect and self._may_claim():
                self._hints.add_suspect(record)
            elif self.has_room():
                self._hints.add(record, told=told)

    def has_room(self) -> bool:
        with self._lock:
            held = len(self._holdings.shards()) + len(self._hints)
            return self._may_claim() and held < self._settings.most_shards

    def _may_claim(self) -> bool:
        return self._hints.alone is None and not self._is_closed()

    def _is_closed(self) -> bool:
        return self._draining or self._is_stuck() or self._holdings.has_alone()

    def claim_next(self) -> bool:
        """Claims one shard that was hinted at; whether there was one to try."""
        with self._claiming:
            with self._lock:
                record = self._next_hint()
            if record is None:
                return False
            try:
                self._claim(record)
            except StoreUnavailable:
                with self._lock:
                    self._hints.add_again(record)
                raise
            return True

    def claim_suspect(self) -> None:
        """For a slot that is free: claims a shard that a dead worker held, unless one has yet to begin here.

        A claim that is not answered is let go, and the slot goes on with what is here: it is offered again.
        """
        if not self._hints.has_suspects or self._holdings.has_waiting_suspect():
            return
        if not self._claiming.acquire(blocking=False):
            return
        try:
            with self._lock:
                record = self._hints.next_suspect() if self._may_claim() else None
            if record is not None:
                self._claim(record)
        except StoreUnavailable:
            return
        finally:
            self._claiming.release()

    def _next_hint(self) -> ShardRecord | None:
        if self._hints and self._is_closed():
            self._hints.forget()
        return self._hints.next(holds_nothing=self._holdings.is_empty())

    def _claim(self, record: ShardRecord) -> None:
        ports = self._ports
        is_held = self._holdings.has(record.shard_id)
        told = self._hints.told(record.shard_id)
        answer = ports.operations.claim(
            record.task_id,
            record.shard_id,
            worker=self._settings.worker,
            holds_nothing=self._holdings.is_empty(),
            seen=told.stored if told is not None else None,
        )
        if answer is Refusal.ALONE:
            with self._lock:
                self._hints.wait_for(record)
        if is_held and isinstance(answer, Claimed) and answer.shard.asked_from is not None:
            self._holdings.asked(record.shard_id, answer.shard.asked_from)
        if is_held or not isinstance(answer, Claimed):
            return  # what was held may be recorded by now, and would run again
        try:
            facts, items = self._needed(record, answer.shard, told=told)
        except KeyError:
            return  # gone in the meantime; a claim that nobody names lapses
        with self._lock:  # a look in between would forget the function of a task that holds nothing yet
            self._gone.pop(record.shard_id, None)  # a rollback of the store has brought it back
            self._facts.keep(facts)
            if told is not None:
                self._hinted.add(record.shard_id)
            self._slots.learn(facts)
            is_another = self._holdings.add(
                record.task_id,
                record.shard_id,
                answer,
                items=items,
                priority=facts.spec.priority,
                now=ports.clock(),
            )
            self._idle_told = min(self._idle_told, self._holdings.idle())
        if is_another:
            self._slots.give_up()  # what slots took in advance is no longer all that waits here

    def _needed(
        self, record: ShardRecord, shard: Shard, *, told: ShardHint | None
    ) -> tuple[TaskFacts, Sequence[str]]:
        """What its items need, told or read. Raises KeyError where the task is gone."""
        if told is None:
            facts = self._facts.of(record.task_id)
            return facts, self._ports.store.items(facts.spec.upload, shard.spans)
        upload = told.spec.upload
        items = picked(told.inputs, shard.spans, upload=upload, may_end_early=False)
        return TaskFacts(spec=told.spec, function=told.function), items

    # recording

    def record_due(self) -> int:
        """Records every shard that has something to say; how many are left unanswered."""
        settings = self._settings
        with self._recording:
            due = self._holdings.due(
                self._ports.clock(),
                interval_seconds=settings.record_interval,
                block_bytes=settings.block_bytes,
            )
            return sum(not self._record(shard_id) for shard_id in due)

    def record_hinted(self, shard_id: str) -> None:
        """For a slot that has ended something: recorded at once if that was all of what came by a hint.

        Who waits for its task is spared the waking of another thread. What is not recorded here is due.
        """
        if shard_id not in self._hinted or not self._recording.acquire(blocking=False):
            return
        try:
            if self._holdings.is_finished(shard_id):
                self._record(shard_id)
        finally:
            self._recording.release()

    def _record(self, shard_id: str) -> bool:
        found = self._holdings.report(shard_id)
        if found is None:
            return True
        task_id, report = found
        try:
            answer = self._ports.operations.record(
                task_id, shard_id, worker=self._settings.worker, report=report
            )
        except StoreUnavailable:
            self._holdings.unanswered(shard_id)
            return False
        rate = self._holdings.rate(task_id)
        has_left = self._holdings.answered(shard_id, answer, now=self._ports.clock())
        if not answer.known:
            self._kill_gone([shard_id])
        is_hinted = has_left and self._forget_hinted(shard_id)
        if is_hinted and answer.ended and not report.given_back:
            self._owes_room = True
        elif has_left or report.given_back:
            self._tell_room(task_id, rate, is_asked_for=bool(report.given_back))
        return True

    def _forget_hinted(self, shard_id: str) -> bool:
        with self._lock:
            is_hinted = shard_id in self._hinted
            self._hinted.discard(shard_id)
        return is_hinted

    @property
    def owes_room(self) -> bool:
        """Whether there is room that `freed` is to tell in a moment."""
        return self._owes_room

    def _tell_owed_room(self) -> None:
        """What came by a hint was for a slot that was free, and its task has ended: few can have waited for
        that, and who waits for many such tasks one after the other should not pay for telling it each time.
        """
        if self._owes_room and self._ports.clock() - self._room_told_at >= OWED_ROOM_SECONDS:
            self._tell_room("", None)

    def _tell_room(self, task_id: str, rate: float | None, *, is_asked_for: bool = False) -> None:
        """`is_asked_for`: there are items for others, whether or not there is room here."""
        if not (self.has_room() or is_asked_for):
            return
        self._owes_room = False
        self._room_told_at = self._ports.clock()
        idle = self._idle_told = self._holdings.idle()
        record = RoomRecord(task_id=task_id, worker=self._settings.worker, rate=rate, idle=idle)
        try:
            self._ports.publisher.publish(self._settings.completions_topic, encode(record), key=task_id)
        except BusUnavailable:
            return  # the next beat says it too

    # beating

    def beat(self) -> None:
        """Says that this worker lives and what it holds, then learns what became of its shards."""
        self._return_what_waits_behind_long_items()
        shards = self._holdings.shards()
        settings = self._settings
        self._ports.store.beat(
            Beat(
                worker=settings.worker,
                name=settings.name,
                slots=settings.slots,
                room=self.has_room(),
                draining=self._draining,
                held=self._holdings.held(self._ports.clock()),
                partitions=self._ports.partitions(),
                rates=self._holdings.rates(),
                busy=len(self._slots.running_since()),
            )
        )
        self._look(shards)

    def _look(self, shards: Mapping[str, str]) -> None:
        with self._lock:
            alone = self._hints.alone
        asked = {*shards.values(), *((alone.task_id,) if alone is not None else ())}
        stored = self._ports.store.load_many(sorted(asked))
        ledgers: dict[str, Ledger] = {task_id: found.ledger for task_id, found in stored.items()}
        seen = self._holdings.look(ledgers, worker=self._settings.worker, asked=shards)
        self._kill_gone(seen.gone)
        with self._lock:
            self._hinted.difference_update(seen.gone)
        if seen.ending:
            self._slots.kill(seen.ending)
        for shard_id, index in seen.taken_over:
            self._slots.kill_item(shard_id, index)
        with self._lock:
            if alone is not None and not self._is_mine_to_wait_for(alone, ledgers):
                self._hints.alone = None
            for task_id in self._facts.forget_all_but(set(self._holdings.shards().values())):
                self._slots.forget(task_id)

    def _kill_gone(self, shard_ids: Sequence[str]) -> None:
        """Also those that went lately: a slot that was between two items had nothing to kill."""
        with self._lock:
            self._gone |= dict.fromkeys(shard_ids)
            while len(self._gone) > MOST_GONE:
                del self._gone[next(iter(self._gone))]
            gone = list(self._gone)
        if gone:
            self._slots.kill(gone)

    def _is_mine_to_wait_for(self, alone: ShardRecord, ledgers: Mapping[str, Ledger]) -> bool:
        """Whether a shard to be claimed alone is still offered here: else all workers would stop for it."""
        ledger = ledgers.get(alone.task_id)
        shard = ledger.shards.get(alone.shard_id) if ledger is not None else None
        return shard is not None and not shard.holders and shard.worker == self._settings.worker

    def _return_what_waits_behind_long_items(self) -> None:
        if not self._is_stuck():
            return
        with self._lock:
            self._was_stuck = True
            self._hints.forget()
        self._slots.give_up()
        self._holdings.give_back_pending()

    def _is_stuck(self) -> bool:
        """All slots have held the same items for a while."""
        since = self._slots.running_since()
        if len(since) < self._settings.slots:
            return False
        return self._ports.clock() - max(since) >= self._settings.stuck_after

    def freed(self) -> None:
        """Items have ended: what that makes room for is told at once.

        That is all slots where they were stuck before, and a slot that finds nothing else to do.
        """
        with self._lock:
            gets_going = self._was_stuck and not self._is_stuck()
            self._was_stuck = self._was_stuck and not gets_going
        if gets_going:
            self.beat()
            for task_id in self._holdings.rates() or {"": 0.0}:
                self._tell_room(task_id, self._holdings.rate(task_id))
        else:
            self._tell_owed_room()
            self._tell_idle()

    def _tell_idle(self) -> None:
        """Once for each slot that falls idle; with the end of a shard it has been told."""
        idle, told = self._holdings.idle(), self._idle_told
        self._idle_told = min(idle, told)
        tasks = self._holdings.rates()
        if idle > told and tasks:
            task_id = min(tasks)
            self._tell_room(task_id, tasks[task_id])

    # leaving

    def drain(self) -> None:
        """No new claims; what has not begun goes back with the next records."""
        with self._lock:
            self._draining = True
            self._hints.forget()
        self._slots.give_up()
        self._holdings.leave()

    def leave(self) -> None:
        """The clean exit: its beat goes, so that nobody waits for it."""
        try:
            self._ports.store.forget([self._settings.worker])
        except FanfoldError:
            return  # it goes silent instead
