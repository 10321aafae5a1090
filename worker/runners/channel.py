"""The pipes between a slot thread and its slot process."""

import contextlib
import os
import select
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from worker.runners.answer_memory import AnswerMemory
from worker.runners.dialect import Announcement
from worker.runners.enclosure.launcher import Command, Enclosed, Launcher, LaunchFailed
from worker.runners.marked_stream import MarkedSplitter
from worker.runners.stream import Splitter, ToldSplitter

_READ_BYTES = 65_536
_OWN_DEATH_SECONDS = 0.2
_LONGEST_SLEEP_SECONDS = 0.25
"""A wake-up that is missed, as no rule of x86 allows, costs no more than this."""


class Heard(NamedTuple):
    """What was read: control lines, bytes of output, and answers in memory with their number."""

    lines: Sequence[bytes]
    taken_bytes: int
    answer_count: int
    answers: bytes


class Channel:
    """One slot process at a time: started, told batches, read, killed. Owned by the slot's thread.

    Items open the two FIFOs afresh, so that whatever they do to their descriptors (O_NONBLOCK, say)
    ends with them. They are new for each slot process: a process that could not be killed (in an
    uninterruptible sleep) has the old ones.
    """

    def __init__(self, *, launcher: Launcher, directory: Path, cap_bytes: int) -> None:
        self._launcher = launcher
        self._directory = directory
        self._cap = cap_bytes
        self._poll = select.poll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll.register(self._wake, select.POLLIN)
        self._nap = self._woken_only()
        self._descriptors: list[int] = []
        self._enclosed: Enclosed | None = None
        self._announce = self._control = -1
        self._streams: dict[int, Splitter] = {}
        self._memory: AnswerMemory | None = None
        self._unfinished = b""
        self._told_files: set[str] = set()
        self.out: Splitter = ToldSplitter(cap_bytes=cap_bytes)
        self.err: Splitter = self.out
        self.is_open = False

    def start(self, command: Command, *, descriptors: tuple[int, int], mark: bytes | None) -> None:
        """Start a slot process, whose pipes get these numbers there. Raises LaunchFailed.

        `mark` is what follows each item's output, where it is always the same; such a slot process
        leaves in memory what it answers for items without any.
        """
        self.close_process()
        if mark is None:
            self.out, self.err = ToldSplitter(cap_bytes=self._cap), ToldSplitter(cap_bytes=self._cap)
        else:
            self.out = MarkedSplitter(cap_bytes=self._cap, mark=mark, has_lines=False)
            self.err = MarkedSplitter(cap_bytes=self._cap, mark=mark, has_lines=True)
            self._memory = self._new_memory()
        self._streams = {self._fifo("err"): self.err, self._fifo("out"): self.out}
        told, self._announce = os.pipe()
        self._control, control = os.pipe()
        os.set_blocking(self._control, False)
        self._descriptors = [*self._streams, self._announce, self._control]
        self._unfinished = b""
        for each in (*self._streams, self._control):
            self._poll.register(each, select.POLLIN)
        if self._memory is not None:
            self._nap.register(self._control, select.POLLIN)
        try:
            self._enclosed = self._launcher.launch(
                command,
                directory=self._directory,
                descriptors=dict(zip(descriptors, (told, control), strict=True)),
            )
        finally:
            os.close(told)
            os.close(control)
        self.is_open = True

    def announce(self, announcement: Announcement) -> None:
        """Tell the slot process a batch; a dead one shows in the next `read`.

        Raises LaunchFailed when the scratch folder takes no more.
        """
        if self._memory is not None:
            self._memory.begin()
        for name in self._told_files - announcement.files.keys():
            (self._directory / name).unlink(missing_ok=True)
        self._told_files = set(announcement.files)
        try:
            for name, content in announcement.files.items():
                with open(self._directory / name, "wb", buffering=0) as file:  # noqa: PTH123 - half the time
                    file.write(content)
        except OSError as error:
            raise LaunchFailed(f"items cannot be handed to their slot: {error}") from error
        with contextlib.suppress(BrokenPipeError):
            os.write(self._announce, announcement.line)

    def introduce(self, line: bytes) -> None:
        """Tell a new slot process what it waits for before its first batch."""
        if line:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._announce, line)

    def wait(self, seconds: float | None) -> None:
        """Block until there is something to read, `wake` was called, or the time is over."""
        if self._memory is None:
            self._sleep(seconds)
            return
        longest = _LONGEST_SLEEP_SECONDS
        with self._memory.sleeping() as is_answered:
            if not is_answered:
                self._sleep(longest if seconds is None else min(seconds, longest))

    def rest(self, seconds: float) -> None:
        """Let so much time pass, unless `wake` is called, or a batch whose answers are in memory ends."""
        self._clear_wake(self._nap.poll(seconds * 1000))

    def _sleep(self, seconds: float | None) -> None:
        self._clear_wake(self._poll.poll(None if seconds is None else seconds * 1000 + 1))

    def _clear_wake(self, polled: Sequence[tuple[int, int]]) -> None:
        if any(descriptor == self._wake for descriptor, _ in polled):
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._wake)

    def wake(self) -> None:
        """Make `wait` and `rest` return; for any thread, after `close` too."""
        with contextlib.suppress(OSError):
            os.eventfd_write(self._wake, 1)

    def read(self) -> Heard:
        """What is new.

        The streams are read before the control pipe: the slot process announces a mark before it writes it,
        so every mark in what was read is known by then. And stderr is read before stdout: an answer on it
        comes after the mark on stdout. Answers in memory come last: those given before a line are there.
        `is_open` is False after the last.
        """
        taken, lines = 0, list[bytes]()
        if any(descriptor != self._wake for descriptor, _ in self._poll.poll(0)):
            taken = self._read_streams()
            lines = self._read_control()
        count, answers = self._memory.take() if self._memory is not None else (0, b"")
        return Heard([*self.err.take_lines(), *lines], taken, count, answers)

    def _read_streams(self) -> int:
        if self._memory is None:
            return self._feed_splitters()
        with self._memory.reading() as told:
            taken = self._feed_splitters()
            told.append(taken)
        return taken

    def _feed_splitters(self) -> int:
        taken = 0
        for descriptor, splitter in self._streams.items():
            with contextlib.suppress(BlockingIOError):
                data = os.read(descriptor, _READ_BYTES)
                splitter.feed(data)
                taken += len(data)
        return taken

    def terminate_items(self, *, with_leader: bool) -> None:
        """Send SIGTERM to the items' processes, and to the slot process if asked to."""
        if self._enclosed is not None:
            self._enclosed.terminate_items(with_leader=with_leader)

    def kill(self, *, patience_seconds: float) -> list[bytes]:
        """Kill all of it; answers the last control lines. What cannot die in time is left to the launcher."""
        if self._enclosed is None:
            return []
        # A slot process that ended by itself takes all with it: only then is it known how it ended.
        if self.is_open or not self._enclosed.wait(_OWN_DEATH_SECONDS):
            self._enclosed.kill()
            self._enclosed.wait(patience_seconds)
        return self._read_control()

    @property
    def return_code(self) -> int:
        """After `kill`: how the slot process ended, as of `Enclosed`."""
        return self._enclosed.return_code if self._enclosed else 0

    @property
    def failure(self) -> str | None:
        """After `kill`: why the slot process was not started, if the launcher failed to."""
        return self._enclosed.failure if self._enclosed else None

    @property
    def buffered_bytes(self) -> int:
        """What both streams hold that belongs to no item yet."""
        return self.out.buffered_bytes + self.err.buffered_bytes

    def has_ended(self) -> bool:
        """Whether the slot process has ended, or was never started."""
        return not self.is_open or any(
            descriptor == self._control and what & select.POLLHUP for descriptor, what in self._poll.poll(0)
        )

    def close_process(self) -> None:
        """Kill and forget the slot process, if there is one."""
        if self._enclosed is not None:
            self._enclosed.close()
            self._enclosed = None
        for each in self._descriptors:
            if each != self._announce:
                self._poll.unregister(each)
            os.close(each)
        self._descriptors.clear()
        self._streams = {}
        if self._memory is not None:
            self._memory.close()
            self._memory = None
            self._nap = self._woken_only()
        self._control = -1
        self.is_open = False

    def close(self) -> None:
        """Kill the slot process and give all descriptors back. May be called twice."""
        self.close_process()
        if self._wake >= 0:
            os.close(self._wake)
            self._wake = -1

    def _woken_only(self) -> select.poll:
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        return poll

    def _new_memory(self) -> AnswerMemory:
        try:
            return AnswerMemory(self._directory / "answers")
        except OSError as error:
            raise LaunchFailed(f"there is no memory for answers: {error}") from error

    def _fifo(self, name: str) -> int:
        path = self._directory / name
        path.unlink(missing_ok=True)
        os.mkfifo(path, 0o600)
        # Opened for writing too, or poll would report a hang-up while no item has it open.
        return os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def _read_control(self) -> list[bytes]:
        data = self._unfinished
        while True:
            try:
                new = os.read(self._control, _READ_BYTES)
            except BlockingIOError:
                break
            if not new:
                self.is_open = False
                break
            data += new
            if len(new) < _READ_BYTES:
                break
        *lines, self._unfinished = data.split(b"\n")
        return lines if self._memory is None else [line for line in lines if line]  # empty ones only wake
