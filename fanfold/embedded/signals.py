"""Signals as something to wait for: requests to stop are counted, ended children wake the wait."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """What signals have asked for so far."""

    def __init__(self, *, wakeup: int) -> None:
        self.stops_asked = 0
        self._wakeup = wakeup

    def wait(self, seconds: float) -> None:
        """Sleep for this time, or until a signal comes."""
        if select.select([self._wakeup], [], [], max(0.0, seconds))[0]:
            with suppress(BlockingIOError):
                os.read(self._wakeup, 4096)

    def count(self, _number: int, _frame: FrameType | None) -> None:
        """A handler: one more request to stop."""
        self.stops_asked += 1


@contextmanager
def caught_signals() -> Iterator[Signals]:
    """Catch SIGINT, SIGTERM, SIGHUP (unless ignored, as under nohup) and SIGCHLD; main thread only."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signals = Signals(wakeup=reader)
    handled = [number for number in _STOPS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, signals.count) for number in handled}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    wakeup_before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield signals
    finally:
        signal.set_wakeup_fd(wakeup_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)
