"""What becomes of one record: done, tried again later, or buried among the dead letters."""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.consumers.allowance import Allowance
from app.consumers.backlog import Backlog, Work
from app.errors import BusBroken, FanfoldError
from app.messaging.dead_letters import DeadLetters
from app.messaging.ports import Message, Subscription
from app.support.clock import Clock
from app.support.logs import bound, get_logger
from app.support.retry import RetryPolicy

_log = get_logger(__name__)

Handle = Callable[[Message], None]
"""Decodes the record and makes one service call that is safe to repeat.

A retryable FanfoldError has the record tried again, any other sends it to the dead-letter topic; BusBroken
ends the loop.
"""


@dataclass(frozen=True, kw_only=True)
class LoopLimits:
    """How much a loop holds and how long it tries.

    `capacity`: unfinished records at which polling pauses. `policy`: its limit counts only failures between
    which other records succeeded, so that no outage, however long, makes dead letters. `crashes`: tries of a
    record whose handler raises what no handler should. `dead_letters_a_minute`: what is beyond waits, and
    fills the capacity. `stop_seconds`: how long the record in hand may take when the loop stops.
    """

    capacity: int = 400
    policy: RetryPolicy = field(
        default_factory=lambda: RetryPolicy(limit=10, first_seconds=0.1, most_seconds=5.0)
    )
    crashes: int = 3
    dead_letters_a_minute: int = 100
    stop_seconds: float = 10.0


class Handling:
    """Takes each record one step further. Used by one thread, acknowledgements of dead letters aside."""

    def __init__(
        self,
        handle: Handle,
        *,
        subscription: Subscription,
        backlog: Backlog,
        dead_letters: DeadLetters,
        group: str,
        limits: LoopLimits,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        self._handle = handle
        self._subscription = subscription
        self._backlog = backlog
        self._dead_letters = dead_letters
        self._group = group
        self._limits = limits
        self._clock = clock
        self._chance = chance
        self._allowance = Allowance(limit=limits.dead_letters_a_minute, seconds=60.0)
        self._succeeded = 0
        self._held_up = False
        self._throttled = False

    def advance(self, work: Work) -> None:
        """Tries it, or buries it if that is what is due. Raises BusBroken."""
        message = work.message
        if message.partition not in self._subscription.partitions():
            self._backlog.finished()  # not done here: the partition's new owner receives it
            return
        with bound(topic=message.topic, partition=message.partition, offset=message.offset):
            if work.reason is None:
                self._attempt(work)
            else:
                self._bury(work, reason=work.reason)

    def _attempt(self, work: Work) -> None:
        try:
            self._handle(work.message)
        except BusBroken:
            raise
        except FanfoldError as error:
            self._failed(work.failed(succeeded=self._succeeded), error=error)
        except Exception as error:  # noqa: BLE001 - a fault in a handler must not stop the records after it
            self._crashed(work.failed(succeeded=self._succeeded), error=error)
        else:
            self._succeeded += 1
            if self._held_up:
                self._held_up = False
                _log.info("handling_goes_on", group=self._group)
            self._done(work)

    def _failed(self, work: Work, *, error: FanfoldError) -> None:
        reason = f"{error.code}: {error.detail}"
        limit = self._limits.policy.limit
        if not error.retryable or (limit is not None and work.counted >= limit):
            self._bury(work, reason=reason)
            return
        if not self._held_up:
            self._held_up = True
            _log.warning("handling_held_up", group=self._group, reason=reason)
        self._later(work)

    def _crashed(self, work: Work, *, error: Exception) -> None:
        _log.error("handler_crashed", group=self._group, failures=work.failures, exc_info=error)
        if work.failures >= self._limits.crashes:
            self._bury(work, reason=f"{type(error).__name__}: {error}")
        else:
            self._later(work)

    def _bury(self, work: Work, *, reason: str) -> None:
        work = work.given_up(reason)
        wait = self._allowance.wait_seconds(self._clock.monotonic())
        if wait > 0:
            if not self._throttled:
                self._throttled = True
                _log.error("dead_letters_throttled", group=self._group, reason=reason)
            self._backlog.put_back(work, seconds=wait)
            return
        self._throttled = False
        try:
            self._dead_letters.bury(
                work.message,
                group=self._group,
                deliveries=work.failures,
                reason=reason,
                on_done=lambda error: self._buried(work, error=error),
            )
        except BusBroken:
            raise
        except FanfoldError as error:
            self._unburied(work, error=error.detail)

    def _buried(self, work: Work, *, error: str | None) -> None:
        if error is not None:
            self._unburied(work, error=error)
            return
        message = work.message
        _log.warning(
            "record_buried",
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            group=self._group,
            reason=work.reason,
        )
        self._done(work)

    def _unburied(self, work: Work, *, error: str) -> None:
        _log.warning("record_not_buried", group=self._group, reason=work.reason, error=error)
        self._backlog.put_back(work, seconds=self._limits.policy.most_seconds)

    def _later(self, work: Work) -> None:
        wait = self._limits.policy.wait_seconds(work.failures, chance=self._chance())
        self._backlog.put_back(work, seconds=wait)

    def _done(self, work: Work) -> None:
        self._subscription.done(work.message)
        self._backlog.finished()
