"""The worker's side of the memory in which a slot process leaves its answers (see `python_answers`)."""

import contextlib
import mmap
import os
from collections.abc import Iterator
from pathlib import Path

_HEADER_BYTES = 64
MEMORY_BYTES = 524_288
_PUBLISHED, _TAKEN, _SLEEPS, _SEEN = range(4)
_COUNT_BITS = 32
_LENGTH = (1 << _COUNT_BITS) - 1


class AnswerMemory:
    """New for each slot process, which removes its name. Owned by the slot's thread.

    Eight bytes each: how many answers of the batch there are and how long (number << 32 | bytes), which the
    slot process writes last of all; twice the bytes that were read of the streams, one more while they are
    being read; whether the worker sleeps until it is woken; how many bytes of answers it has seen, whose
    place is free again. Then a ring of answers.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError where the folder has no room for it."""
        path.unlink(missing_ok=True)
        with path.open("x+b") as file:
            # Room is taken beforehand: a page that cannot be had later kills who writes to it.
            try:
                os.posix_fallocate(file.fileno(), 0, _HEADER_BYTES + MEMORY_BYTES)
            except OSError:
                file.truncate(_HEADER_BYTES)
                os.posix_fallocate(file.fileno(), 0, _HEADER_BYTES)
            self._memory = mmap.mmap(file.fileno(), 0)
        self._words = memoryview(self._memory)[:_HEADER_BYTES].cast("Q")
        self._seen = 0

    def begin(self) -> None:
        """A batch is about to be told: no answers yet. The slot process is idle."""
        self._words[_PUBLISHED] = self._words[_SEEN] = self._seen = 0

    def take(self) -> tuple[int, bytes]:
        """How many new answers there are, and what they are."""
        before, now = self._seen, self._words[_PUBLISHED]
        # Not as soon as they are taken: after a call into the kernel they surely have been.
        self._words[_SEEN] = before & _LENGTH
        if now == before:
            return 0, b""
        self._seen = now
        return (now - before) >> _COUNT_BITS, self._between(before & _LENGTH, now & _LENGTH)

    def _between(self, start: int, stop: int) -> bytes:
        first = _HEADER_BYTES + start % MEMORY_BYTES
        last = first + stop - start
        end = _HEADER_BYTES + MEMORY_BYTES
        if last <= end:
            return self._memory[first:last]
        return self._memory[first:end] + self._memory[_HEADER_BYTES : _HEADER_BYTES + last - end]

    @contextlib.contextmanager
    def reading(self) -> Iterator[list[int]]:
        """While the streams are read. What is added to the list are the bytes that were."""
        taken: list[int] = []
        before = self._words[_TAKEN]
        self._words[_TAKEN] = before + 1
        try:
            yield taken
        finally:
            self._words[_TAKEN] = before + 2 * sum(taken)

    @contextlib.contextmanager
    def sleeping(self) -> Iterator[bool]:
        """While the worker waits to be woken. True where it should not: there are answers."""
        self._words[_SLEEPS] = 1
        os.getppid()  # a call into the kernel: nothing is read before the above is written
        try:
            yield self._words[_PUBLISHED] != self._seen
        finally:
            self._words[_SLEEPS] = 0

    def close(self) -> None:
        """Give the memory back."""
        self._words.release()
        self._memory.close()
