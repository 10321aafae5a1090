"""One member of the system: a program that is kept alive until it is told to stop."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from fanfold.embedded.backoff import Backoff
from fanfold.embedded.errors import ConfigurationRefused, EmbeddedError, explain
from fanfold.embedded.process import Process, Program, last_line
from fanfold.embedded.warden import Warden

Say = Callable[[str], None]

_REFUSED_CONFIGURATION = 78
_DEATHS_BEFORE_READY = 5


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a member is: its program, the question whether it is ready, and how long it may take to stop."""

    program: Program
    ready: Callable[[], bool]
    stop_seconds: float


class Member:
    """Keeps one part alive. `look` must be called often; nothing else here takes time."""

    def __init__(self, part: Part, *, restarts: bool, say: Say, backoff: Backoff, warden: Warden) -> None:
        self.part = part
        self.process: Process | None = None
        self.was_ready = False
        self._restarts = restarts
        self._say = say
        self._backoff = backoff
        self._warden = warden
        self._wait_seconds: float | None = None
        self._due_at: float | None = time.monotonic()
        self._stopping = False
        self._deaths = 0

    @property
    def name(self) -> str:
        return self.part.program.name

    def look(self) -> float | None:
        """Notice an end, start what is due; answers when to look again (monotonic), None for no such time.

        Raises:
            ConfigurationRefused: it ended with status 78 before it was ever ready.
            EmbeddedError: it ended too often before it was ever ready, or once if it is not to be restarted.
        """
        if self.process is not None:
            self._notice_end(self.process)
        if self._due_at is not None and time.monotonic() >= self._due_at:
            self._due_at = None
            self._start()
        return self._due_at

    def check_ready(self) -> bool:
        """Whether it has been ready at least once."""
        if not self.was_ready and self.process is not None:
            self.was_ready = self.part.ready()
        return self.was_ready

    def ask_to_stop(self) -> None:
        """Start it no more, and ask what runs to end."""
        self._stopping = True
        self._due_at = None
        if self.process is not None:
            self.process.ask_to_stop()

    def end(self) -> None:
        """Start it no more, and kill what runs."""
        self._stopping = True
        self._due_at = None
        if self.process is not None:
            self.process.end()
            self.process = None

    def _start(self) -> None:
        try:
            self.process = Process(self.part.program, warden=self._warden)
        except OSError as error:
            if not self.was_ready:
                raise EmbeddedError(f"{self.name} cannot be started: {explain(error)}") from error
            self._say(f"{self.name} cannot be started: {explain(error)}")
            self._schedule(lived_seconds=0.0)

    def _notice_end(self, process: Process) -> None:
        status = process.exit_status()
        if status is None:
            return
        self.process = None
        if self._stopping:
            return
        self._deaths += 1
        how = f"signal {-status}" if status < 0 else f"status {status}"
        if not self.was_ready:
            self._judge_early_end(status, how=how)
        if not self._restarts:
            self._say(f"{self.name} ended ({how})")
            return
        self._schedule(lived_seconds=time.monotonic() - process.started_at)
        self._say(f"{self.name} ended ({how}); it starts again in {self._wait_seconds:.1f} s")

    def _judge_early_end(self, status: int, *, how: str) -> None:
        said = last_line(self.part.program.log)
        if status == _REFUSED_CONFIGURATION:
            raise ConfigurationRefused(f"{self.name}: {said}")
        if self._deaths >= _DEATHS_BEFORE_READY or not self._restarts:
            raise EmbeddedError(
                f"{self.name} does not come up ({how}): {said} [more in {self.part.program.log}]"
            )

    def _schedule(self, *, lived_seconds: float) -> None:
        self._wait_seconds = self._backoff.next_wait(
            previous_seconds=self._wait_seconds, lived_seconds=lived_seconds
        )
        self._due_at = time.monotonic() + self._wait_seconds
