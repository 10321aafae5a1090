"""What must hold of the one task of a store after every step of its life."""

from app.models.ledger import Ledger, Piece, Shard
from app.models.ranges import EMPTY, Spans, indexes, size
from app.models.result import Outcome
from app.protocol.decision import Effects
from app.repositories.memory import MemoryStore
from app.repositories.ports import CommitOutcome, Stored
from tests.simulation.checks import check_ledger, current_outcomes

TASK = "task"


class WatchedStore(MemoryStore):
    """Demands of each ledger that is written what must hold, and that it may follow on the one before."""

    def commit(
        self, before: Stored | None, after: Ledger, *, effects: Effects, task_id: str
    ) -> CommitOutcome:
        check_ledger(before.ledger if before else None, after)
        return super().commit(before, after, effects=effects, task_id=task_id)


def demand_all(store: MemoryStore, ledger: Ledger) -> None:
    _each_item_is_in_one_place(store, ledger)
    _a_shard_has_one_holder_and_a_copy_at_most(ledger)
    _an_item_with_all_its_deaths_is_lost(ledger)
    _the_counters_say_what_the_results_say(store)
    _the_listings_say_what_the_ledger_says(store, ledger)


def _each_item_is_in_one_place(store: MemoryStore, ledger: Ledger) -> None:
    waits: Spans = ((ledger.cursor, ledger.stop),) if ledger.waiting else EMPTY
    if ledger.run > 1 and ledger.waiting:
        waits = store.agenda(TASK, start=ledger.cursor, count=ledger.items_total)
    assert size(waits) == ledger.waiting
    places = [waits, *(piece.spans for piece in ledger.pool)]
    places += [shard.spans for shard in ledger.shards.values()]
    outcomes = current_outcomes(store, ledger)
    taken = [index for spans in places for index in indexes(spans)] + list(outcomes)
    assert len(taken) == len(set(taken))
    assert len(taken) + ledger.cancelled == ledger.items_total
    good = sum(1 for outcome in outcomes.values() if outcome is Outcome.OK)
    assert (good, len(outcomes) - good) == (ledger.succeeded, ledger.failed)


def _a_shard_has_one_holder_and_a_copy_at_most(ledger: Ledger) -> None:
    most = 2 if ledger.idempotent else 1
    for shard in ledger.shards.values():
        assert len(shard.holders) + len(shard.invited) <= most


def _an_item_with_all_its_deaths_is_lost(ledger: Ledger) -> None:
    parts: list[Piece | Shard] = [*ledger.pool, *ledger.shards.values()]
    for part in parts:
        assert len(part.deaths) < ledger.max_deaths
        assert not part.deaths or size(part.spans) == 1


def _the_counters_say_what_the_results_say(store: MemoryStore) -> None:
    counts = store.counts()
    told = counts.get("items_succeeded", 0) + counts.get("items_failed", 0)
    assert told == _results_indexed(store)


def _results_indexed(store: MemoryStore) -> int:
    """How many item results the index holds over all runs."""
    return sum(size(((entry.start, entry.stop),)) for entry in store.entries(TASK, start=0, limit=1 << 62))


def _the_listings_say_what_the_ledger_says(store: MemoryStore, ledger: Ledger) -> None:
    assert store.unfinished() == ([] if ledger.state.is_terminal else [TASK])
    assert store.outstanding() == [(TASK, shard_id) for shard_id in ledger.shards]
