"""How tasks are getting on: ledger, spec and the workers' beats become one status."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from app.models.ledger import Ledger
from app.models.node import Beat
from app.models.status import TaskPage, TaskStatus
from app.models.task import Language, TaskSpec
from app.protocol.submit import new_ledger
from app.repositories.ports import ABSENT, Look, Store, Stored, Whole
from app.services.failures import FirstFailures
from app.services.finding import is_over, known_look, known_whole
from app.services.liveness import alive
from app.services.pace import eta_seconds_of, rate_of
from app.services.paging import Cursor
from app.services.recent_beats import RecentBeats

NO_WORKERS = "no live workers"


class Progress:
    """Reads the status of tasks. Every method may raise StoreUnavailable."""

    def __init__(
        self, *, store: Store, beats: RecentBeats, failures: FirstFailures, silence_seconds: float
    ) -> None:
        self._store = store
        self._beats = beats
        self._failures = failures
        self._silence_seconds = silence_seconds

    def status(self, task_id: str) -> TaskStatus:
        """Raises TaskNotFound."""
        return self.status_of(self.look(task_id))

    def look(self, task_id: str) -> Look:
        """The task as it is now. Raises TaskNotFound."""
        return known_look(self._store, task_id)

    def whole(self, task_id: str) -> Whole:
        """A task that is known to be small, with all it has. Raises TaskNotFound."""
        return known_whole(self._store, task_id)

    def status_of_new(self, spec: TaskSpec) -> TaskStatus:
        """The status of a task that was stored a moment ago, without reading it."""
        ledger = new_ledger(spec, now=spec.created_at)
        stored = Stored(ledger=ledger, version=ABSENT, read_at=spec.created_at)
        return self.status_of(Look(stored=stored, spec=spec, beats=self._beats.beats()))

    def status_of(self, look: Look) -> TaskStatus:
        """The status of a task that has been read."""
        workers = self._workers(look.beats, now=look.stored.read_at)
        return self._view(look.stored, spec=look.spec, workers=workers, with_failures=True)

    def page(self, *, limit: int, after: Cursor | None) -> TaskPage:
        """At most `limit` tasks made before `after`, newest first, without their failures."""
        before = (after.created_at, after.task_id) if after is not None else None
        listed = self._store.recent(before=before, limit=limit + 1)
        shown = listed[:limit]
        found = self._store.load_many([task_id for _, task_id in shown])
        tasks = [found[task_id] for _, task_id in shown if task_id in found]
        workers = self._workers(self._store.beats(), now=tasks[0].read_at) if tasks else []
        specs = self._store.specs([task.ledger.task_id for task in tasks])
        return TaskPage(
            tasks=tuple(
                self._view(task, spec=spec, workers=workers, with_failures=False)
                for task, spec in zip(tasks, specs, strict=True)
            ),
            next=Cursor(created_at=shown[-1][0], task_id=shown[-1][1]).text if len(listed) > limit else None,
        )

    def _workers(self, beats: Mapping[str, Beat], *, now: float) -> Sequence[Beat]:
        living = alive(beats, now=now, silence=self._silence_seconds)
        return [beat for beat in living.values() if not beat.over_http]

    def _view(
        self, stored: Stored, *, spec: TaskSpec | None, workers: Sequence[Beat], with_failures: bool
    ) -> TaskStatus:
        ledger = stored.ledger
        rate = rate_of(ledger, workers=workers, now=stored.read_at)
        return TaskStatus(
            task_id=ledger.task_id,
            name=spec.name if spec is not None else None,
            language=spec.language if spec is not None else Language.BASH,
            status=ledger.state,
            run=ledger.run,
            control_version=ledger.control,
            paused=ledger.paused,
            priority=ledger.priority,
            items_total=ledger.items_total,
            items_succeeded=ledger.succeeded,
            items_failed=ledger.failed,
            items_cancelled=ledger.cancelled,
            chunks_to_execute=ledger.chunks_to_execute,
            chunks_executed=ledger.executed,
            rate=rate,
            eta_seconds=eta_seconds_of(ledger, rate=rate),
            created_at=_moment(ledger.created_at),
            started_at=_moment_or_none(ledger.started_at),
            finished_at=_moment_or_none(ledger.finished_at),
            reason=_reason(ledger, workers=workers),
            warnings=spec.warnings if spec is not None else (),
            failures=self._failures.of(ledger) if with_failures else (),
        )


def _reason(ledger: Ledger, *, workers: Iterable[Beat]) -> str | None:
    if ledger.reason is not None or is_over(ledger) or any(True for _ in workers):
        return ledger.reason
    return NO_WORKERS


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _moment_or_none(seconds: float | None) -> datetime | None:
    return _moment(seconds) if seconds is not None else None
