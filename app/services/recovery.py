"""The sweeper: once a second, in every scheduler, it mends what a lost record or a dead process left."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from app.errors import BusUnavailable
from app.messaging.ports import Publisher
from app.models.ledger import Ledger
from app.models.node import Beat
from app.repositories.operations import Operations
from app.repositories.ports import Store
from app.services.dead_lettering import letter_record
from app.services.dispatching import Dispatcher
from app.services.liveness import Sight, Timers, alive, is_to_offer_again, takers
from app.services.publishing import TaskPublisher

MOST_LETTERS = 100
MOST_DUE = 100


@dataclass(frozen=True, kw_only=True)
class SweepPorts:
    """What a sweeper talks to."""

    store: Store
    operations: Operations
    publisher: Publisher


class Sweeper:
    """Safe to run in all schedulers at once: each step is an operation that is safe to repeat.

    Raises StoreUnavailable; a sweep that was cut short is no look, and the next one starts over.
    """

    def __init__(
        self,
        *,
        ports: SweepPorts,
        tasks: TaskPublisher,
        dispatcher: Dispatcher,
        timers: Timers,
        dead_topic: str,
    ) -> None:
        self._ports = ports
        self._tasks = tasks
        self._dispatcher = dispatcher
        self._timers = timers
        self._dead_topic = dead_topic
        self._sight = Sight(gap=timers.sight_gap)

    def sweep(self) -> None:
        """One complete look, and what follows from it."""
        self._tend_shards()
        self._tasks.publish_due(limit=MOST_DUE)
        self._dispatcher.fill()
        self._send_dead_letters()

    def _tend_shards(self) -> None:
        store = self._ports.store
        now = store.time()
        beats = store.beats()
        outstanding = store.outstanding()
        ledgers = store.load_many(sorted({task_id for task_id, _ in outstanding}))
        self._sight.look(beats, now=now)
        self._sight.forget_all_but(shard_id for _, shard_id in outstanding)
        living = alive(beats, now=now, silence=self._timers.silence)
        for stored in ledgers.values():
            self._revoke_overdue(stored.ledger, living, now=now)
            self._offer_again(stored.ledger, living, now=now)
        self._forget_dead(beats, ledgers={name: stored.ledger for name, stored in ledgers.items()}, now=now)

    def _revoke_overdue(self, ledger: Ledger, living: Mapping[str, Beat], *, now: float) -> None:
        for overdue in self._sight.overdue(ledger, now=now, silence=self._timers.silence):
            self._ports.operations.revoke(
                overdue.task_id,
                overdue.shard_id,
                holder=overdue.holder,
                touched_at=overdue.touched_at,
                alive=frozenset(living),
            )

    def _offer_again(self, ledger: Ledger, living: Mapping[str, Beat], *, now: float) -> None:
        if ledger.paused or ledger.ending is not None:
            return
        for shard_id, shard in ledger.shards.items():
            if not is_to_offer_again(shard, now=now, timers=self._timers):
                continue
            beat = _another(living, than=shard.worker, seed=shard.offers)
            if beat is None:
                continue
            offered = self._ports.operations.offer(ledger.task_id, shard_id, seen=shard, worker=beat.worker)
            if offered is not None:
                self._dispatcher.send(ledger.task_id, shard_id, offered, beat)

    def _forget_dead(self, beats: Mapping[str, Beat], *, ledgers: Mapping[str, Ledger], now: float) -> None:
        """Beats that ended long ago, of workers that hold nothing any more."""
        holders = {
            holder
            for ledger in ledgers.values()
            for shard in ledger.shards.values()
            for holder in shard.holders
        }
        dead = [
            worker
            for worker, beat in beats.items()
            if now - beat.at > self._timers.forget_after and worker not in holders
        ]
        if dead:
            self._ports.store.forget(dead)

    def _send_dead_letters(self) -> None:
        letters = self._ports.store.pending_letters(MOST_LETTERS)
        if not letters:
            return
        sent: list[str] = []
        try:
            for handle, letter in letters:
                key, value = letter_record(letter)
                on_done = partial(_note_sent, sent, handle)
                self._ports.publisher.publish(self._dead_topic, value, key=key, on_done=on_done)
        except BusUnavailable:
            return
        self._ports.publisher.flush(1.0)
        if sent:
            self._ports.store.drop_letters(list(sent))


def _note_sent(sent: list[str], handle: str, error: str | None) -> None:
    if error is None:
        sent.append(handle)


def _another(living: Mapping[str, Beat], *, than: str, seed: int) -> Beat | None:
    """A worker that takes work, another one if there is one, by turns."""
    taking = sorted(takers(living).values(), key=lambda beat: beat.worker)
    others = [beat for beat in taking if beat.worker != than] or taking
    return others[seed % len(others)] if others else None
