"""Poll, handle, commit: what runs between a subscription and the one service call that a record asks for."""

import random
import threading
from collections.abc import Callable

from app.consumers.backlog import Backlog
from app.consumers.handling import Handle, Handling, LoopLimits
from app.messaging.dead_letters import DeadLetters
from app.messaging.ports import Subscription
from app.support.clock import Clock, SystemClock
from app.support.logs import get_logger

_log = get_logger(__name__)

_POLL_SECONDS = 0.1
_PAUSED_SECONDS = 0.05
_PATIENCE_SECONDS = 0.2
_TAKE_SECONDS = 1.0


class ConsumerLoop:
    """One subscription, polled by the thread that calls `run`, its records handled by one other thread.

    So polling is never blocked by work: while too much is unfinished the subscription is paused, and polled.
    """

    def __init__(
        self,
        subscription: Subscription,
        *,
        handle: Handle,
        dead_letters: DeadLetters,
        group: str,
        limits: LoopLimits | None = None,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._subscription = subscription
        self._group = group
        self._limits = limits or LoopLimits()
        self._backlog = Backlog(clock=clock or SystemClock())
        self._handling = Handling(
            handle,
            subscription=subscription,
            backlog=self._backlog,
            dead_letters=dead_letters,
            group=group,
            limits=self._limits,
            clock=clock or SystemClock(),
            chance=chance,
        )
        self._paused = False
        self._fault: Exception | None = None

    def run(self, stop: threading.Event) -> None:
        """Goes on until `stop` is set; then finishes the record in hand, commits and leaves the group.

        Raises BusBroken: end the process. To be called once.
        """
        handler = threading.Thread(
            target=self._handle_all, args=(stop,), name=f"{self._group}-handler", daemon=True
        )
        handler.start()
        try:
            while not stop.is_set() and self._fault is None:
                self._poll()
        finally:
            self._backlog.close()
            handler.join(self._limits.stop_seconds)
            if handler.is_alive():
                _log.warning("handler_left_behind", group=self._group, seconds=self._limits.stop_seconds)
            self._subscription.close()
        if self._fault is not None:
            raise self._fault

    def _poll(self) -> None:
        if self._paused:
            if self._shrinks(within_seconds=_PAUSED_SECONDS):
                self._paused = False
                self._subscription.resume()
        elif self._backlog.size() >= self._limits.capacity:
            # A pause drops what the client has fetched ahead: not worth it if there is room in a moment.
            self._paused = not self._shrinks(within_seconds=_PATIENCE_SECONDS)
            if self._paused:
                self._subscription.pause()
        self._backlog.add(self._subscription.poll(0.0 if self._paused else _POLL_SECONDS))

    def _shrinks(self, *, within_seconds: float) -> bool:
        return self._backlog.shrinks_to(self._limits.capacity // 2, timeout_seconds=within_seconds)

    def _handle_all(self, stop: threading.Event) -> None:
        try:
            while not (stop.is_set() or self._backlog.closed()):
                work = self._backlog.take(timeout_seconds=_TAKE_SECONDS)
                if work is not None:
                    self._handling.advance(work)
        except Exception as fault:  # noqa: BLE001 - raised by `run`: a loop without its handler does nothing
            self._fault = fault
