"""The life of a worker process: threads that claim, record and beat, until it drains and leaves."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic

import structlog

from app.errors import StoreUnavailable
from app.messaging.ports import Message, Subscription
from app.models.wire import ShardRecord, UnreadableRecord, decode_shard
from app.repositories.ports import ShardHint
from worker.holdings import Holdings
from worker.node import OWED_ROOM_SECONDS, Node
from worker.slots import SlotPool

POLL_SECONDS = 0.2
RETRY_SECONDS = 0.3
MOST_WAITING_MESSAGES = 256

log = structlog.get_logger("worker")


@dataclass(frozen=True, kw_only=True)
class AgentTimes:
    """All in seconds. `isolation_kill` 0: never."""

    beat_interval: float = 1.0
    record_tick: float = 0.25
    grace: float = 30.0
    isolation_kill: float = 0.0


class Agent:
    """Owns the threads. `run` is the main thread's; `drain` may be called from any, or a signal handler.

    `listen` has hints told from then on, until what it answers is called.
    """

    def __init__(
        self,
        *,
        node: Node,
        holdings: Holdings,
        slots: SlotPool,
        subscription: Subscription,
        send_to_dead: Callable[[Message, str], None],
        times: AgentTimes,
        listen: Callable[[Callable[[ShardHint], None]], Callable[[], None]],
    ) -> None:
        self._node = node
        self._holdings = holdings
        self._slots = slots
        self._subscription = subscription
        self._send_to_dead = send_to_dead
        self._times = times
        self._listen = listen
        self._to_claim: deque[tuple[Message, ShardRecord]] = deque()
        self._claims_came = Event()
        self._records_due = Event()
        self._draining = Event()
        self._over = Event()
        self._broken: BaseException | None = None

    def run(self) -> None:
        """Works until `drain`, then until what runs has ended or the grace period is over.

        Raises BusUnavailable when the client of the bus is broken for good.
        """
        self._slots.start()
        threads = [
            Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (
                ("poll", self._poll),
                ("claim", self._claim),
                ("record", self._record),
                ("beat", self._beat),
            )
        ]
        for thread in threads:
            thread.start()
        stop_listening = self._listen(self._hinted)
        self._draining.wait()
        if self._broken is None:
            self._leave()
        self._over.set()
        self._claims_came.set()
        self._records_due.set()
        stop_listening()
        self._slots.stop(timeout_seconds=2.0)
        for thread in threads:
            thread.join(2.0)
        self._subscription.close()
        if self._broken is not None:
            raise self._broken

    def drain(self) -> None:
        self._draining.set()

    def items_ended(self, shard_id: str, *, block_bytes: int) -> None:
        """A slot has results: recorded at once where they end the shard, else with the others."""
        if self._holdings.is_due_at_once(shard_id, block_bytes=block_bytes):
            self._node.record_hinted(shard_id)
            self._records_due.set()

    def slot_is_free(self) -> None:
        """A slot is about to take its next item: before that, what a dead worker held."""
        self._node.claim_suspect()

    def broken(self, error: BaseException) -> None:
        """A thread has failed: that ends the process, and its supervisor starts it again."""
        self._broken = error
        self._draining.set()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to the main thread, which raises it
            self.broken(error)

    def _poll(self) -> None:
        while not self._over.is_set():
            for message in self._subscription.poll(POLL_SECONDS):
                self._read(message)

    def _read(self, message: Message) -> None:
        try:
            record = decode_shard(message.value)
        except UnreadableRecord as error:
            log.warning("record_unreadable", partition=message.partition, offset=message.offset)
            self._send_to_dead(message, error.detail)
            self._subscription.done(message)
            return
        self._to_claim.append((message, record))
        while len(self._to_claim) > MOST_WAITING_MESSAGES:
            forgotten, _ = self._to_claim.popleft()
            self._subscription.done(forgotten)
        self._claims_came.set()

    def _hinted(self, hint: ShardHint) -> None:
        """Claimed at once, by the thread that hears it; what has no answer is left to the one that claims."""
        self._node.hint(ShardRecord(task_id=hint.task_id, shard_id=hint.shard_id), told=hint)
        try:
            while self._node.claim_next():
                self._slots.wake()
                self._records_due.set()
        except StoreUnavailable:
            self._claims_came.set()
        except BaseException as error:  # noqa: BLE001 - told to the main thread, which raises it
            self.broken(error)

    def _claim(self) -> None:
        while not self._over.is_set():
            self._claims_came.wait(RETRY_SECONDS)
            self._claims_came.clear()
            while self._to_claim:
                message, record = self._to_claim.popleft()
                self._node.hint(record)
                self._claim_all()
                self._slots.wake()
                self._subscription.done(message)
            self._claim_all()

    def _claim_all(self) -> None:
        """Claims what is hinted at; while Redis is away, tries again until it is back."""
        while not self._over.is_set():
            try:
                while self._node.claim_next():
                    self._slots.wake()
                    self._records_due.set()
            except StoreUnavailable as error:
                log.warning("claim_unanswered", reason=error.detail)
                self._over.wait(RETRY_SECONDS)
            else:
                return

    def _record(self) -> None:
        while not self._over.is_set():
            self._records_due.wait(OWED_ROOM_SECONDS if self._node.owes_room else self._times.record_tick)
            self._records_due.clear()
            if self._node.record_due():
                self._over.wait(RETRY_SECONDS)
            self._freed()

    def _freed(self) -> None:
        try:
            self._node.freed()
        except StoreUnavailable:
            return  # the next beat says it

    def _beat(self) -> None:
        last = monotonic()
        while not self._over.is_set():
            started = monotonic()
            try:
                self._node.beat()
                last = monotonic()
            except StoreUnavailable as error:
                log.warning("beat_unanswered", reason=error.detail)
                self._kill_in_isolation(monotonic() - last)
            self._records_due.set()
            self._over.wait(max(0.05, self._times.beat_interval - (monotonic() - started)))

    def _kill_in_isolation(self, seconds: float) -> None:
        if 0 < self._times.isolation_kill <= seconds:
            self._slots.kill(self._holdings.abandon())

    def _leave(self) -> None:
        """No new claims; what runs may end within the grace period, the rest goes back."""
        log.info("draining", shards=len(self._holdings.shards()))
        self._node.drain()
        self._records_due.set()
        if not self._wait_until_empty(self._times.grace):
            log.warning("grace_period_over", shards=len(self._holdings.shards()))
            self._slots.kill(self._holdings.abandon())
            self._wait_until_empty(5.0)
        self._node.leave()
        log.info("left", unrecorded=len(self._holdings.shards()))

    def _wait_until_empty(self, seconds: float) -> bool:
        until = monotonic() + seconds
        while not self._holdings.is_empty() and monotonic() < until:
            self._records_due.set()
            self._over.wait(0.05)
        return self._holdings.is_empty()
