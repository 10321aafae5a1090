"""Slot processes that have been started before there is work for them, so that a first item need not wait."""

import shutil
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread
from typing import NamedTuple

from app.models.task import Language
from worker.runners.brake import Brake
from worker.runners.channel import Channel
from worker.runners.dialect import Dialect
from worker.runners.enclosure.launcher import Launcher, LaunchFailed

SETTLING_SECONDS = 0.004
"""A start is CPU: that long it lets what has just taken a spare go first."""


class Seat(NamedTuple):
    """The folder of a slot process, the pipes to it and its brake, whether or not it runs."""

    directory: Path
    channel: Channel
    brake: Brake

    def give_up(self) -> None:
        """Kill the slot process, if there is one, and remove the folder."""
        self.brake.close()
        self.channel.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def a_seat(launcher: Launcher, *, cap_bytes: int) -> Seat:
    """A new one, without a slot process."""
    directory = Path(tempfile.mkdtemp(prefix="slot-", dir=launcher.scratch))
    channel = Channel(launcher=launcher, directory=directory, cap_bytes=cap_bytes)
    return Seat(directory, channel, Brake(directory))


class Spares:
    """A few seats whose slot processes wait to be told their function; each serves one runner, then ends.

    They are of one language: at first of `language`, then of the last that was asked for and can wait so
    (`blank` answers None for others). Thread-safe.
    """

    def __init__(
        self,
        count: int,
        *,
        launcher: Launcher,
        cap_bytes: int,
        blank: Callable[[Language], Dialect | None],
        language: Language = Language.BASH,
    ) -> None:
        self._count = count
        self._launcher = launcher
        self._cap = cap_bytes
        self._blank = blank
        self._language = language
        self._ready: deque[Seat] = deque()
        self._lock = Lock()
        self._wanted = Event()
        self._closed = False
        self._thread = Thread(target=self._work, name="spares", daemon=True)

    def start(self) -> None:
        """Begin to keep them ready, in a thread of their own."""
        self._wanted.set()
        self._thread.start()

    def take(self, language: Language) -> Seat | None:
        """The longest ready of this language, or None: then the caller starts its own."""
        if self._blank(language) is None:
            return None
        with self._lock:
            is_other = language is not self._language
            useless = [self._ready.popleft() for _ in range(len(self._ready))] if is_other else []
            self._language = language
            taken = self._ready.popleft() if self._ready else None
        self._wanted.set()
        for seat in useless:
            seat.give_up()
        return taken

    def close(self) -> None:
        """Give all of them up. May be called twice."""
        with self._lock:
            self._closed = True
            seats = [*self._ready]
            self._ready.clear()
        self._wanted.set()
        for seat in seats:
            seat.give_up()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._closed:
            self._wanted.wait()
            self._wanted.clear()
            while self._is_short() and not self._wanted.wait(SETTLING_SECONDS):
                if not self._add():
                    break

    def _is_short(self) -> bool:
        with self._lock:
            return not self._closed and len(self._ready) < self._count

    def _add(self) -> bool:
        """Whether one more was started; where the launcher cannot, the next that is asked for tries again."""
        language = self._language
        dialect = self._blank(language)
        if dialect is None:
            return False
        try:
            seat = self._started(dialect)
        except (LaunchFailed, OSError):
            return False  # what is wrong shows where a runner starts its own
        with self._lock:
            is_wanted = not self._closed and language is self._language
            if is_wanted:
                self._ready.append(seat)
        if not is_wanted:
            seat.give_up()
        return is_wanted

    def _started(self, dialect: Dialect) -> Seat:
        seat = a_seat(self._launcher, cap_bytes=self._cap)
        try:
            seat.channel.start(
                dialect.command(seat.directory), descriptors=dialect.descriptors, mark=dialect.mark
            )
        except BaseException:
            seat.give_up()
            raise
        return seat
