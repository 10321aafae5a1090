"""Turning a slot process's answers and what was captured into results, one batch at a time."""

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from app.models.result import ItemResult, Outcome
from worker.runners.channel import Channel, Heard
from worker.runners.dialect import END, READY, RECORD_SEPARATOR, RETIRE, Answer, Dialect, WholeAnswers
from worker.runners.ports import Item
from worker.runners.stream import Output

_LONGEST_UNMARKED_BYTES = 1 << 20


class Now(NamedTuple):
    """One moment: seconds of the monotonic clock, and since the epoch."""

    monotonic: float
    epoch: float


class Ending(NamedTuple):
    """How an item ended whose slot process did not answer for it."""

    outcome: Outcome
    exit_code: int | None = None
    signal: int | None = None


class Collector:
    """Progress through one batch, whose items all went to the slot process at `began`."""

    def __init__(
        self, items: Sequence[Item], *, channel: Channel, dialect: Dialect, worker: str, began: Now
    ) -> None:
        self._items = items
        self._channel = channel
        self._dialect = dialect
        self._whole_answers = dialect if isinstance(dialect, WholeAnswers) else None
        self._worker = worker
        self._since = began
        self._pace_seconds = 0.0
        self._answered = 0
        self._told = 0
        self._overdue = -1
        self._unmarked: deque[Answer | ItemResult] = deque()
        self._whole: list[ItemResult] = []
        self._remarks: list[bytes] = []
        self._out: Output | None = None
        self._err: Output | None = None
        self.is_ready = False
        self.has_end = False
        self.wants_retirement = False
        self.is_broken = False

    @property
    def answered(self) -> int:
        """How many items, from the first, have ended."""
        return self._answered

    @property
    def running(self) -> Item | None:
        """The first item that has not ended: it runs, or (once halted) was not begun."""
        return self._items[self._answered] if self._answered < len(self._items) else None

    @property
    def is_over(self) -> bool:
        """Whether the slot process has ended the batch and every answer has its output."""
        return self.has_end and not self._unmarked and not self._whole

    @property
    def since(self) -> float:
        """When the running item began, at the latest; monotonic."""
        return self._since.monotonic

    @property
    def pace_seconds(self) -> float:
        """How long each of the items took that ended last; 0 before one has."""
        return self._pace_seconds

    @property
    def remarks(self) -> str:
        """What the slot process said beside its answers since the last one."""
        return b"\n".join(self._remarks).decode(errors="replace")

    def mark_overdue(self) -> None:
        """The running item has used its time up: however it ends, it is a time-out."""
        self._overdue = self._answered

    def take(self, heard: Heard, *, now: Now) -> list[ItemResult]:
        """Read answers and control lines, cut the streams; the results that are complete, in order."""
        before, was_ready = self._answered, self.is_ready
        self._keep_whole(heard)
        results = self._take_whole()
        for line in heard.lines:
            self._read(line)
            self._pass_whole()
        new = self._answered - before
        began = self._since
        if new or self.is_ready != was_ready:
            self._since = now
        if new:
            pace = (now.monotonic - began.monotonic) / new
            self._pace_seconds = pace
            self._share_time(new, began=began.epoch, seconds_each=pace)
        return results + self._complete()

    def abandon(self, ending: Ending, *, now: Now) -> list[ItemResult]:
        """The slot process is dead and its streams are drained: results of all that it had begun."""
        results: list[ItemResult] = []
        while self._unmarked:
            waiting = self._unmarked.popleft()
            if isinstance(waiting, ItemResult):
                self._told += 1
                results.append(waiting)
            else:
                results.append(self._result(waiting, out=self._rest_out(), err=self._rest_err()))
        item = self.running
        if item is not None and not self.has_end:
            answer = Answer(
                item_index=item.index,
                mark=b"",
                outcome=Outcome.TIMEOUT if self._overdue == self._answered else ending.outcome,
                exit_code=ending.exit_code,
                signal=ending.signal,
                started_at=self._since.epoch,
                duration_ms=(now.monotonic - self._since.monotonic) * 1000,
                remark=b"".join(each + b"\n" for each in self._remarks),
            )
            self._answered += 1
            results.append(self._result(answer, out=self._rest_out(), err=self._rest_err()))
        return results

    def _keep_whole(self, heard: Heard) -> None:
        if not heard.answer_count or self._whole_answers is None:
            return
        try:
            self._whole += self._whole_answers.read_whole(heard.answer_count, heard.answers)
        except ValueError:
            self.is_broken = True

    def _take_whole(self) -> list[ItemResult]:
        """Results of items that wrote nothing, at once where nothing else comes before or between them."""
        whole, place = self._whole, self._answered
        if self._unmarked or self._overdue == place:
            self._pass_whole()
            return []
        items = self._items[place : place + len(whole)]
        if [each.index for each in whole] != [each.index for each in items]:
            self._pass_whole()
            return []
        self._whole = []
        self._answered += len(whole)
        self._told += len(whole)
        return whole

    def _pass_whole(self) -> None:
        """Line up the results of items that wrote nothing, up to the first of an item that did."""
        passed = 0
        for result in self._whole:
            running = self.running
            if running is None or running.index != result.index:
                break
            is_overdue = self._overdue == self._answered
            self._unmarked.append(
                msgspec.structs.replace(result, outcome=Outcome.TIMEOUT) if is_overdue else result
            )
            self._answered += 1
            passed += 1
        if passed:
            del self._whole[:passed]

    def _read(self, line: bytes) -> None:
        if line[:1] != RECORD_SEPARATOR:
            self._remarks.append(line)
        elif line[1:2].isdigit():
            self._read_answer(line)
        elif line in (END, RETIRE):
            self.has_end = True
            self.wants_retirement = line == RETIRE
        elif line == READY:
            self.is_ready = True
            self._remarks.clear()
        else:
            self.is_broken = True

    def _read_answer(self, line: bytes) -> None:
        try:
            answer = self._dialect.read(line[1:], remarks=self._remarks)
        except ValueError:
            self.is_broken = True
            return
        answered = self._answered
        if answered >= len(self._items) or answer.item_index != self._items[answered].index:
            self.is_broken = True
            return
        if self._overdue == answered:
            answer = answer._replace(outcome=Outcome.TIMEOUT)
        self._remarks.clear()
        self._answered = answered + 1
        self._unmarked.append(answer)

    def _share_time(self, count: int, *, began: float, seconds_each: float) -> None:
        """A slot process without a clock: new answers share the time since the last."""
        for place in range(-min(count, len(self._unmarked)), 0):
            answer = self._unmarked[place]
            if isinstance(answer, Answer) and answer.started_at is None:
                self._unmarked[place] = answer._replace(
                    started_at=began + seconds_each * (count + place), duration_ms=seconds_each * 1000
                )

    def _complete(self) -> list[ItemResult]:
        results: list[ItemResult] = []
        channel, waiting = self._channel, self._unmarked
        while waiting:
            answer = waiting[0]
            if isinstance(answer, ItemResult):
                results.append(answer)
                waiting.popleft()
                self._told += 1
                continue
            if self._out is None:
                self._out = channel.out.cut(answer.mark)
            if self._err is None:
                self._err = channel.err.cut(answer.mark)
            if self._out is None or self._err is None:
                break
            results.append(self._result(answer, out=self._out, err=self._err))
            waiting.popleft()
            self._out = self._err = None
        else:
            channel.out.settle()
            channel.err.settle()
        if waiting and channel.buffered_bytes > _LONGEST_UNMARKED_BYTES:
            self.is_broken = True
        return results

    def _rest_out(self) -> Output:
        out, self._out = self._out, None
        return out or self._channel.out.rest()

    def _rest_err(self) -> Output:
        err, self._err = self._err, None
        return err or self._channel.err.rest()

    def _result(self, answer: Answer, *, out: Output, err: Output) -> ItemResult:
        item = self._items[self._told]
        self._told += 1
        return ItemResult(
            index=answer.item_index,
            outcome=answer.outcome,
            exit_code=answer.exit_code,
            signal=answer.signal,
            stdout=out.kept,
            stderr=err.kept + answer.remark if answer.remark else err.kept,
            stdout_truncated=out.truncated,
            stderr_truncated=err.truncated,
            value=answer.value,
            started_at=_moment(answer.started_at),
            duration_ms=answer.duration_ms or 0.0,
            attempt=item.attempt,
            worker=self._worker,
        )


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
