"""The store in memory: the twin of Redis for tests and simulations, one suite keeps the two alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import RLock
from typing import Any
from uuid import uuid4

import msgspec

from app.models.item_range import ItemRange
from app.models.ledger import Ledger
from app.models.node import Beat
from app.models.ranges import EMPTY, Spans, intersect, spans_of, subtract, take
from app.models.task import TaskSpec, TaskState
from app.protocol.decision import DeadLetter, Effects, Entry
from app.repositories.picking import picked
from app.repositories.ports import (
    LONGEST_WAIT_SECONDS,
    CommitOutcome,
    Look,
    ShardHint,
    Stored,
    Version,
    Whole,
)

FIRST_SWEEP_SECONDS = 2.0


class MemoryStore:
    """All data of one store in plain dictionaries of frozen values; `snapshot` and `restore` roll it back."""

    def __init__(
        self, clock: Callable[[], float], *, new_token: Callable[[], str] = lambda: uuid4().hex
    ) -> None:
        self._clock = clock
        self._new_token = new_token
        self._ledgers: dict[str, tuple[Ledger, str]] = {}
        self._specs: dict[str, TaskSpec] = {}
        self._functions: dict[str, str] = {}
        self._uploads: dict[str, dict[int, tuple[str, ...]]] = {}
        self._redo: dict[str, Spans] = {}
        self._agendas: dict[str, Spans] = {}
        self._blocks: dict[tuple[str, str], bytes] = {}
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._letters: dict[str, tuple[DeadLetter, ...]] = {}
        self._letter_queue: dict[str, DeadLetter] = {}
        self._outbox: dict[str, tuple[float, int]] = {}
        self._beats: dict[str, Beat] = {}
        self._counts: dict[str, int] = {}
        self._listeners: list[tuple[str, Callable[[ShardHint], None]]] = []
        self._lock = RLock()

    def snapshot(self) -> dict[str, Any]:
        """Everything, as `restore` takes it."""
        return {
            name: dict(value) if name != "_uploads" else {k: dict(v) for k, v in value.items()}
            for name, value in vars(self).items()
            if isinstance(value, dict)
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        for name, value in snapshot.items():
            setattr(self, name, dict(value))

    # ledgers

    def time(self) -> float:
        return self._clock()

    def load(self, task_id: str) -> Stored | None:
        found = self._ledgers.get(task_id)
        if found is None:
            return None
        return Stored(ledger=found[0], version=Version(found[1]), read_at=self._clock())

    def load_many(self, task_ids: Sequence[str]) -> dict[str, Stored]:
        found = {task_id: self.load(task_id) for task_id in task_ids}
        return {task_id: stored for task_id, stored in found.items() if stored is not None}

    def commit(
        self, before: Stored | None, after: Ledger, *, effects: Effects, task_id: str
    ) -> CommitOutcome:
        with self._lock:
            outcome = self._commit(before, after, effects=effects, task_id=task_id)
        if outcome is CommitOutcome.DONE and effects.hinted:
            self._tell(before, after, effects)
        return outcome

    def _commit(
        self, before: Stored | None, after: Ledger, *, effects: Effects, task_id: str
    ) -> CommitOutcome:
        current = self._ledgers.get(task_id)
        if (current[1] if current else None) != (before.version.token if before else None):
            return CommitOutcome.CONFLICT
        if effects.spec is not None:
            if len(self._uploads.get(effects.spec.upload, {})) != effects.upload_blocks:
                return CommitOutcome.INCOMPLETE
            self._specs[task_id] = effects.spec
            if effects.inputs:
                blocks = {first: tuple(items) for first, items in effects.inputs}
                self._uploads[effects.spec.upload] = blocks
        self._mark(task_id, before.ledger if before else None, effects)
        self._keep_results(task_id, effects)
        self._keep_outbox(task_id, after)
        self._ledgers[task_id] = (after, self._new_token())
        if effects.function is not None:
            self._functions[task_id] = effects.function
        self.count(effects.counts)
        return CommitOutcome.DONE

    def _tell(self, before: Stored | None, after: Ledger, effects: Effects) -> None:
        stored = self.load(after.task_id)
        if stored is None or effects.spec is None or effects.function is None:
            return
        for shard_id in after.shards.keys() - (before.ledger.shards.keys() if before else set()):
            hint = ShardHint(
                shard_id=shard_id,
                stored=stored,
                spec=effects.spec,
                function=effects.function,
                inputs=effects.inputs,
            )
            for worker, told in list(self._listeners):
                if worker == after.shards[shard_id].worker:
                    told(hint)

    def listen(self, worker: str, told: Callable[[ShardHint], None]) -> Callable[[], None]:
        listener = (worker, told)
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def _mark(self, task_id: str, before: Ledger | None, effects: Effects) -> None:
        redo = spans_of((*self._redo.get(task_id, EMPTY), *effects.redo))
        if effects.redo_waiting and before is not None:
            ahead: Spans = ((before.cursor, before.stop),)
            if before.run > 1:
                ahead = intersect(self._agendas.get(task_id, EMPTY), ahead)
            redo = spans_of((*redo, *ahead))
        if effects.new_agenda:
            self._agendas[task_id], redo = redo, EMPTY
        self._redo[task_id] = redo

    def _keep_results(self, task_id: str, effects: Effects) -> None:
        if effects.block is not None:
            self._blocks[task_id, effects.block[0]] = effects.block[1]
        if effects.entries:
            self._entries[task_id] = (*self._entries.get(task_id, ()), *effects.entries)
        if effects.dead_letters:
            self._letters[task_id] = (*self._letters.get(task_id, ()), *effects.dead_letters)
            self._letter_queue |= {
                f"{task_id} {letter.run} {letter.index}": letter for letter in effects.dead_letters
            }

    def _keep_outbox(self, task_id: str, after: Ledger) -> None:
        wanted = after.published_at is None and not after.state.is_terminal
        if not wanted or after.state is TaskState.SUBMISSION_FAILED:
            self._outbox.pop(task_id, None)
        elif task_id not in self._outbox:
            self._outbox[task_id] = (self._clock() + FIRST_SWEEP_SECONDS, 0)

    def count(self, counts: Mapping[str, int]) -> None:
        with self._lock:
            for name, count in counts.items():
                self._counts[name] = self._counts.get(name, 0) + count

    def counts(self) -> dict[str, int]:
        return dict(self._counts)

    # inputs

    def put_blocks(self, upload: str, blocks: Sequence[tuple[int, Sequence[str]]]) -> None:
        kept = self._uploads.setdefault(upload, {})
        for first, items in blocks:
            kept[first] = tuple(items)

    def items(self, upload: str, spans: Spans, *, most_blocks: int | None = None) -> list[str]:
        if (rule := ItemRange.named_by(upload)) is not None:
            return rule.texts(spans)
        blocks = sorted(self._uploads[upload].items()) if spans else []
        wanted = [
            (first, block) for first, block in blocks if intersect(((first, first + len(block)),), spans)
        ]
        is_cut = most_blocks is not None and len(wanted) >= most_blocks
        return picked(wanted[:most_blocks], spans, upload=upload, may_end_early=is_cut)

    # reads

    def look(self, task_id: str) -> Look | None:
        stored = self.load(task_id)
        if stored is None:
            return None
        return Look(stored=stored, spec=self.spec(task_id), beats=self.beats())

    def whole(self, task_id: str) -> Whole | None:
        stored, spec = self.load(task_id), self.spec(task_id)
        if stored is None:
            return None
        return Whole(
            look=Look(stored=stored, spec=spec, beats={}),
            entries=self.entries(task_id, start=0, limit=stored.ledger.items_total),
            blocks={block: data for (of, block), data in list(self._blocks.items()) if of == task_id},
            inputs=sorted(self._uploads.get(spec.upload, {}).items()) if spec is not None else (),
        )

    def spec(self, task_id: str) -> TaskSpec | None:
        return self._specs.get(task_id)

    def specs(self, task_ids: Sequence[str]) -> list[TaskSpec | None]:
        return [self.spec(task_id) for task_id in task_ids]

    def function(self, task_id: str) -> str | None:
        return self._functions.get(task_id)

    def agenda(self, task_id: str, *, start: int, count: int) -> Spans:
        ahead = subtract(self._agendas.get(task_id, EMPTY), ((0, start),))
        return take(ahead, count)[0]

    def recent(self, *, before: tuple[float, str] | None, limit: int) -> list[tuple[float, str]]:
        known = sorted(
            ((led.created_at, task_id) for task_id, (led, _) in list(self._ledgers.items())), reverse=True
        )
        return [entry for entry in known if before is None or entry < before][:limit]

    def unfinished(self) -> list[str]:
        return [task_id for task_id, (led, _) in list(self._ledgers.items()) if not led.state.is_terminal]

    def outstanding(self) -> list[tuple[str, str]]:
        return [(task_id, shard) for task_id, (led, _) in list(self._ledgers.items()) for shard in led.shards]

    def open_work(self) -> tuple[list[str], list[tuple[str, str]]]:
        return self.unfinished(), self.outstanding()

    def wait_ended(self, task_id: str, *, timeout_seconds: float) -> bool:  # noqa: ARG002 - never waits
        found = self._ledgers.get(task_id)
        return found is not None and found[0].state.is_terminal

    # results

    def entries(self, task_id: str, *, start: int, limit: int) -> list[Entry]:
        known = sorted(self._entries.get(task_id, ()), key=lambda entry: (entry.start, entry.run))
        return [entry for entry in known if entry.stop > start][:limit]

    def block(self, task_id: str, block_id: str) -> bytes | None:
        return self._blocks.get((task_id, block_id))

    def dead_letters(self, task_id: str) -> list[DeadLetter]:
        return list(self._letters.get(task_id, ()))

    def pending_letters(self, limit: int) -> list[tuple[str, DeadLetter]]:
        return list(self._letter_queue.items())[:limit]

    def drop_letters(self, handles: Iterable[str]) -> None:
        for handle in handles:
            self._letter_queue.pop(handle, None)

    # outbox

    def due(self, *, limit: int) -> list[tuple[str, int]]:
        now = self._clock()
        ready = sorted(
            (at, name, tries) for name, (at, tries) in list(self._outbox.items()) if _is_due(at, now)
        )
        return [(name, tries) for _, name, tries in ready[:limit]]

    def take(self, task_id: str, *, seconds: float) -> int | None:
        with self._lock:
            entry = self._outbox.get(task_id)
            if entry is None or not _is_due(entry[0], self._clock()):
                return None
            self._outbox[task_id] = (self._clock() + seconds, entry[1] + 1)
            return entry[1] + 1

    # beats

    def beat(self, beat: Beat) -> None:
        self._beats[beat.worker] = msgspec.structs.replace(beat, at=self._clock())

    def beats(self) -> dict[str, Beat]:
        return dict(self._beats)

    def forget(self, workers: Iterable[str]) -> None:
        for worker in workers:
            self._beats.pop(worker, None)


def _is_due(at: float, now: float) -> bool:
    return at <= now or at > now + LONGEST_WAIT_SECONDS
