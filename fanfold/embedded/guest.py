"""A program that runs in a system that is up, beside its supervisor, and is asked to end before it."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Thread
from types import FrameType

from fanfold.embedded.leash import end_group
from fanfold.embedded.warden import Warden

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOP_SECONDS = 5
# Becomes the command once it is told that the warden knows of it; without a word, who would tell is dead.
_GATE = """
import os, signal, sys
if not os.read(0, 1):
    sys.exit(1)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Guest:
    """One program with the terminal's outputs and no input; whatever it has started ends with it.

    It leads a session of its own, so that Ctrl-C reaches it through the supervisor's process only, and a
    warden ends it should that process die.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], told: Callable[[int], None]
    ) -> None:
        """`told` hears its exit status, on another thread, unless it was asked to end."""
        self._command = command
        self._environment = environment
        self._told = told
        self._asked = False
        self._process: subprocess.Popen[bytes] | None = None
        self._warden: Warden | None = None

    def begin(self) -> None:
        """Start it. From the main thread, when the supervisor has its signal handlers."""
        self._warden = Warden()
        self._process = subprocess.Popen(
            (sys.executable, "-I", "-S", "-c", _GATE, *self._command),
            env=self._environment,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self._warden.watch(self._process.pid)
        self._open_gate(self._process)
        for number in _STOPS:
            self._hear_first(number)
        Thread(target=self._wait, args=[self._process], name="guest", daemon=True).start()

    def end(self) -> None:
        """Leave nothing of it. To be called at the end, whether it began or not."""
        if self._process is not None:
            self._ask_to_end()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
            end_group(self._process.pid)
        if self._warden is not None:
            self._warden.dismiss()

    def _open_gate(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as gate:
                gate.write(b".")

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        status = process.wait()
        if not self._asked:
            self._told(status if status >= 0 else 128 - status)

    def _hear_first(self, number: signal.Signals) -> None:
        supervisor = signal.getsignal(number)
        if not callable(supervisor):
            return

        def handle(number: int, frame: FrameType | None) -> None:
            self._ask_to_end()
            supervisor(number, frame)

        signal.signal(number, handle)

    def _ask_to_end(self) -> None:
        self._asked = True
        if self._process is not None and self._process.returncode is None:
            end_group(self._process.pid, by=signal.SIGTERM)
