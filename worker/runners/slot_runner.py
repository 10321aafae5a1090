"""The runner: a slot process that stays up, is told batches of items, and is replaced when it dies."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from app.models.result import ItemResult, Outcome
from worker.runners.brake import Kill
from worker.runners.dialect import Dialect
from worker.runners.enclosure.launcher import LaunchFailed
from worker.runners.ports import Function, Item, Running, SlotContext
from worker.runners.spare import Seat, a_seat
from worker.runners.time_limit import TimeLimit
from worker.runners.watch import Listeners, Watch

_CANNOT_RUN_STATUS = 126


class SlotRunner:
    """See `ports.Runner`. A `seat` that is given, its slot process waiting, is used and given up."""

    def __init__(
        self, dialect: Dialect, *, function: Function, context: SlotContext, seat: Seat | None = None
    ) -> None:
        self._dialect = dialect
        self._worker = context.worker_id
        self._work_dir = context.work_dir
        self._seat = seat or a_seat(context.launcher, cap_bytes=context.output_cap_bytes)
        self._directory, self._channel, self._brake = self._seat
        self._is_introduced = False
        self._limit = TimeLimit(seconds=function.timeout_seconds, grace_seconds=context.term_grace_seconds)
        self._watch: Watch | None = None
        dialect.prepare(self._directory)

    def run(
        self,
        items: Sequence[Item],
        *,
        on_results: Callable[[Sequence[ItemResult]], None],
        on_start: Callable[[int], None] | None = None,
        on_unbegun: Callable[[Sequence[int]], None] | None = None,
    ) -> None:
        """Run items in order; see `ports.Runner.run`."""
        listeners = Listeners(on_results=on_results, on_start=on_start, on_unbegun=on_unbegun)
        position = 0
        try:
            while position < len(items) and not self._brake.is_stopping:
                position += self._run_some(items, position=position, listeners=listeners)
        finally:
            self._watch = None
            self._brake.reset()

    def stop_after_current(self) -> None:
        """Begin no further item; see `ports.Runner.stop_after_current`."""
        self._brake.stop()
        self._channel.wake()

    def kill(self, index: int | None = None) -> None:
        """Kill the running item; see `ports.Runner.kill`."""
        self._brake.stop(kill=Kill(index=index))
        self._channel.wake()

    def current(self) -> Running | None:
        """The running item, or None between runs."""
        watch = self._watch
        return watch.running if watch else None

    def close(self) -> None:
        """Kill the slot process and remove its folder. May be called twice."""
        self._seat.give_up()

    def _run_some(self, items: Sequence[Item], *, position: int, listeners: Listeners) -> int:
        refusal = self._dialect.refuse(items[position])
        if refusal is not None:
            listeners.on_results([self._refused(items[position], because=refusal)])
            return 1
        self._brake.release()
        has_ended = self._channel.has_ended()
        if has_ended or not self._is_introduced:
            self._begin(is_new=has_ended)
        self._watch = Watch(
            self._batch(items, position=position),
            channel=self._channel,
            dialect=self._dialect,
            brake=self._brake,
            limit=self._limit,
            listeners=listeners,
            worker=self._worker,
        )
        return self._watch.run()

    def _begin(self, *, is_new: bool) -> None:
        """A slot process that knows its function: started now, or one that has waited for it."""
        if not self._work_dir.is_dir():
            raise LaunchFailed(f"the work folder {self._work_dir} is not there")
        dialect = self._dialect
        if is_new:
            self._channel.start(
                dialect.command(self._directory), descriptors=dialect.descriptors, mark=dialect.mark
            )
        self._channel.introduce(dialect.introduction)
        self._is_introduced = True

    def _batch(self, items: Sequence[Item], *, position: int) -> Sequence[Item]:
        """As many of the next items as the slot process should hold in memory, which it forks for each."""
        most = items[position : position + self._dialect.batch_items]
        characters = 0
        if (
            self._dialect.joins_any
            and sum([len(item.text) for item in most]) <= self._dialect.batch_characters
        ):
            return most
        for count, item in enumerate(most):
            characters += len(item.text)
            if count and (
                characters > self._dialect.batch_characters
                or not self._dialect.joins(item, first=items[position])
            ):
                return most[:count]
        return most

    def _refused(self, item: Item, *, because: bytes) -> ItemResult:
        return ItemResult(
            index=item.index,
            outcome=Outcome.FAILED,
            exit_code=_CANNOT_RUN_STATUS,
            stderr=because,
            started_at=datetime.now(UTC),
            attempt=item.attempt,
            worker=self._worker,
        )
