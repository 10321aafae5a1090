"""Keeps the members of the system alive: starts them rank by rank, restarts them, stops them in reverse."""

import time
from collections.abc import Sequence

from fanfold.embedded.backoff import Backoff
from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.member import Member, Part, Say
from fanfold.embedded.process import last_line
from fanfold.embedded.signals import Signals
from fanfold.embedded.warden import Warden

_READY_SECONDS = 120.0
_PROBE_SECONDS = 0.05
_LOOK_SECONDS = 1.0


class StopAsked(Exception):
    """A signal asked to stop while the system was still coming up."""


class Supervisor:
    """Runs in the main thread of one process, whose death ends every member (see `leash`)."""

    def __init__(self, *, signals: Signals, restarts: bool, say: Say, backoff: Backoff | None = None) -> None:
        self._signals = signals
        self._restarts = restarts
        self._say = say
        self._backoff = backoff or Backoff()
        self._warden = Warden()
        self._ranks: list[list[Member]] = []

    def start(self, *ranks: Sequence[Part], ready_seconds: float = _READY_SECONDS) -> None:
        """Start these beside what runs already, and come back when all of them are ready.

        They start at once; a rank is stopped before those that were started before it.

        Raises:
            EmbeddedError: one of them does not come up; `ConfigurationRefused` when its settings are why.
            StopAsked: a signal came first.
        """
        for parts in ranks:
            self._ranks.append([self._member(part) for part in parts])
        started = [member for rank in self._ranks[-len(ranks) :] for member in rank]
        deadline = time.monotonic() + ready_seconds
        while True:
            self._look()
            waiting = [member for member in started if not member.check_ready()]
            if not waiting:
                return
            if self._signals.stops_asked:
                raise StopAsked
            if time.monotonic() > deadline:
                raise EmbeddedError(_late(waiting[0], seconds=ready_seconds))
            self._signals.wait(_PROBE_SECONDS)

    def watch(self) -> None:
        """Keep all members alive until a signal asks to stop."""
        while not self._signals.stops_asked:
            self._signals.wait(self._look() - time.monotonic())

    def stop(self) -> None:
        """Stop rank by rank, the last started first; a second signal during that kills at once."""
        asked_before = self._signals.stops_asked
        while self._ranks:
            rank = self._ranks.pop()
            for member in rank:
                member.ask_to_stop()
            patience = max((member.part.stop_seconds for member in rank), default=0.0)
            deadline = time.monotonic() + patience
            while any(member.process for member in rank):
                if self._signals.stops_asked > asked_before or time.monotonic() > deadline:
                    self._kill(rank)
                    break
                self._look(*rank)
                self._signals.wait(_PROBE_SECONDS)

    def end(self) -> None:
        """Kill every member at once. To be called at the end, whatever happened."""
        for rank in self._ranks:
            for member in rank:
                member.end()
        self._ranks.clear()
        self._warden.dismiss()

    def _member(self, part: Part) -> Member:
        return Member(
            part, restarts=self._restarts, say=self._say, backoff=self._backoff, warden=self._warden
        )

    def _look(self, *stopping: Member) -> float:
        """Look at every member; answers when to look again at the latest."""
        members = [*stopping, *(member for rank in self._ranks for member in rank)]
        dues = [member.look() for member in members]
        return min((due for due in dues if due is not None), default=time.monotonic() + _LOOK_SECONDS)

    def _kill(self, rank: Sequence[Member]) -> None:
        for member in rank:
            if member.process is not None:
                self._say(f"{member.name} did not end in time and is killed")
                member.end()


def _late(member: Member, *, seconds: float) -> str:
    log = member.part.program.log
    return f"{member.name} is not ready after {seconds:.0f} s: {last_line(log)} [more in {log}]"
