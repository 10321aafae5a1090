"""Watching one batch from its announcement to its end: results, stops, time limits, deaths."""

import time
from collections.abc import Callable, Sequence

import msgspec

from app.models.result import ItemResult, Outcome
from worker.runners.answer_memory import MEMORY_BYTES
from worker.runners.brake import Brake
from worker.runners.channel import Channel, Heard
from worker.runners.collector import Collector, Ending, Now
from worker.runners.dialect import Dialect
from worker.runners.enclosure.launcher import LaunchFailed
from worker.runners.ports import Item, Running
from worker.runners.time_limit import Step, TimeLimit

_DEATH_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 0.02
_LONGEST_QUIET_PAUSE_SECONDS = 0.1
_SHORTEST_PAUSE_SECONDS = 0.001
_BUSY_STREAM_BYTES = 32_768
_QUIET_ITEM_BYTES = 256
_SIGKILL = 9


class Listeners(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a run tells; see `ports.Runner.run`."""

    on_results: Callable[[Sequence[ItemResult]], None]
    on_start: Callable[[int], None] | None
    on_unbegun: Callable[[Sequence[int]], None] | None


class Watch:
    """One batch in a slot process. Owned by the slot's thread; only `running` may be asked by others."""

    def __init__(
        self,
        items: Sequence[Item],
        *,
        channel: Channel,
        dialect: Dialect,
        brake: Brake,
        limit: TimeLimit,
        listeners: Listeners,
        worker: str,
    ) -> None:
        self._items = items
        self._channel = channel
        self._dialect = dialect
        self._brake = brake
        self._limit = limit
        self._listeners = listeners
        self._unbegun_told = False
        self._pause_seconds = 0.0
        self._taken_bytes = 0
        self._collector = Collector(items, channel=channel, dialect=dialect, worker=worker, began=_now())
        self.running: Running | None = None

    def run(self) -> int:
        """Announce the batch and watch it; how many items, from the first, have ended."""
        self._channel.announce(self._dialect.announce(self._items))
        self._begin()
        while not self._collector.is_over:
            self._wait()
            wanted = self._brake.kill_wanted
            stopping = self._brake.is_stopping
            had_end = self._collector.has_end
            self._pull()
            running = self._collector.running
            if self._is_lost(had_end=had_end):
                self._bury(Outcome.KILLED)
                break
            if stopping and not self._unbegun_told:
                self._tell_unbegun()
            if wanted is not None and running is not None and wanted.index in (None, running.index):
                self._bury(Outcome.KILLED)
                break
            if self._enforce_limit():
                break
        if self._collector.wants_retirement:
            self._channel.close_process()
        self.running = None
        return self._collector.answered

    def _wait(self) -> None:
        if self._collector.has_end:
            return
        remaining = self._limit.remaining(time.monotonic())
        if self._pause_seconds > _SHORTEST_PAUSE_SECONDS:
            self._channel.rest(
                self._pause_seconds if remaining is None else min(self._pause_seconds, remaining)
            )
        else:
            self._channel.wait(remaining)

    def _is_lost(self, *, had_end: bool) -> bool:
        """Whether the slot process is dead, or answers what makes no sense.

        The end is told after the last mark was written: what is not there after that never comes.
        """
        mark_missing = had_end and not self._collector.is_over and self._taken_bytes == 0
        return not self._channel.is_open or self._collector.is_broken or mark_missing

    def _pull(self) -> None:
        heard = self._channel.read()
        self._taken_bytes = heard.taken_bytes
        since, answered = self._collector.since, self._collector.answered
        results = self._collector.take(heard, now=_now())
        if results:
            self._listeners.on_results(results)
        if self._collector.since != since:
            self._begin(answered)
        self._pause_seconds = self._pause(heard, count=len(results)) if results else 0.0

    def _begin(self, answered: int = -1) -> None:
        collector = self._collector
        running = collector.running
        if running is None:
            self.running = None
            self._limit.clear()
        else:
            self.running = Running(index=running.index, since=collector.since)
            self._limit.restart(collector.since)
        if self._listeners.on_start is not None:
            for each in self._items[answered + 1 : collector.answered + 1]:
                self._listeners.on_start(each.index)

    def _pause(self, heard: Heard, *, count: int) -> float:
        """How long to let answers gather before reading: waking up for each costs more than reading it.

        While the slot process goes on by itself this delays nobody; at the end of a batch, and while
        much is written, nothing is put off. Neither pipe nor memory must fill, which would hold the items up.
        """
        if heard.taken_bytes > _BUSY_STREAM_BYTES:
            return 0.0
        left = (len(self._items) - self._collector.answered - 1) / 2
        bytes_each = heard.taken_bytes / count
        if bytes_each:
            left = min(left, _BUSY_STREAM_BYTES / 2 / bytes_each)
        if heard.answers:
            left = min(left, MEMORY_BYTES / 3 * heard.answer_count / len(heard.answers))
        longest = _LONGEST_QUIET_PAUSE_SECONDS if bytes_each < _QUIET_ITEM_BYTES else _LONGEST_PAUSE_SECONDS
        return max(0.0, min(longest, self._collector.pace_seconds * left))

    def _tell_unbegun(self) -> None:
        self._unbegun_told = True
        later = self._items[self._collector.answered + 1 :]
        if self._listeners.on_unbegun is not None and later:
            self._listeners.on_unbegun([each.index for each in later])

    def _enforce_limit(self) -> bool:
        """Take the step that is due; whether the slot process was killed."""
        step = self._limit.step(time.monotonic())
        if step is Step.KILL:
            self._bury(Outcome.TIMEOUT)
            return True
        if step is Step.TERMINATE:
            before = self._collector.answered
            self._brake.hold()
            self._pull()
            if self._collector.answered == before and not self._collector.is_over:
                self._collector.mark_overdue()
                self._channel.terminate_items(with_leader=self._dialect.leader_is_item)
        return False

    def _bury(self, outcome: Outcome) -> None:
        by_itself = not self._channel.is_open
        lines = self._channel.kill(patience_seconds=_DEATH_SECONDS)
        results = self._collector.take(Heard(lines, 0, 0, b""), now=_now())
        while True:
            heard = self._channel.read()
            results += self._collector.take(heard, now=_now())
            if not heard.taken_bytes:
                break
        if not self._collector.is_ready and by_itself and self._channel.failure is not None:
            raise LaunchFailed(self._channel.failure)
        results += self._collector.abandon(self._ending(outcome, by_itself=by_itself), now=_now())
        self._channel.close_process()
        if results:
            self._listeners.on_results(results)

    def _ending(self, outcome: Outcome, *, by_itself: bool) -> Ending:
        code = self._channel.return_code
        if by_itself and code >= 0:
            return Ending(outcome=Outcome.FAILED, exit_code=code)
        return Ending(outcome=outcome, signal=-code if by_itself else _SIGKILL)


def _now() -> Now:
    return Now(monotonic=time.monotonic(), epoch=time.time())
