"""The slot process's side of the memory it shares with the worker (see `answer_memory`); imports no worker.

An item that wrote nothing costs no system call but the look whether it did. Others are answered on `err`,
behind the worker's mark, which goes to both streams.
"""
# Without `pathlib` and `typing` a slot process starts in three quarters of the time.
# ruff: noqa: PTH108, PTH123

import _thread
import binascii
import contextlib
import fcntl
import mmap
import os
import select
import struct
import termios
from collections.abc import Iterator

_HEADER_BYTES = 64
_PUBLISHED, _TAKEN, _SLEEPS, _SEEN = range(4)
_ONE_ANSWER = 1 << 32
_OUT_OF_THE_WAY = 64
_UNKNOWN = -1


class Answers:
    """Gives answers, in order.

    What the streams have carried is counted: the worker says how much it has read, the system how much is
    left in them. Where that is what it was, an item wrote nothing, whatever it wrote with.
    """

    def __init__(self, folder: str, *, control: int) -> None:
        """Opens the streams, and the memory, whose name is then removed."""
        self._control = control
        self.out = _open_for_marks(f"{folder}/out")
        self.err = _open_for_marks(f"{folder}/err")
        self._memory = _unnamed_memory(f"{folder}/answers")
        with contextlib.suppress(OSError):
            self._memory.madvise(mmap.MADV_DONTFORK)
        self._words = memoryview(self._memory)[:_HEADER_BYTES].cast("Q")
        self._ring_bytes = len(self._memory) - _HEADER_BYTES
        with select.epoll() as unmoved:
            self._poll = select.epoll.fromfd(_moved(unmoved.fileno()))
        self._poll.register(self.out, select.EPOLLIN)
        self._poll.register(self.err, select.EPOLLIN)
        self._fence = _thread.allocate_lock()
        self._at = self._free_to = self._published = 0
        self._carried = 0
        self._number = bytearray(4)

    def begin(self) -> None:
        """A batch begins: the memory is empty."""
        self._at, self._free_to, self._published = 0, self._ring_bytes, 0

    def give(self, index: int, answer: bytes, marks: Iterator[bytes]) -> None:
        """The item has ended, and all its processes. The next mark is only taken where it is needed."""
        words, length = self._words, len(answer)
        end = self._at + length
        if end <= self._free_to or self._has_room(end):
            self._put(answer, length)
            # The poll, which lets go of the interpreter's lock, also keeps the two writes in order.
            if (not self._poll.poll(0, 1) and words[_TAKEN] == self._carried) or self._has_not_grown():
                self._at = end
                self._published = words[_PUBLISHED] = self._published + _ONE_ANSWER + length
                with self._fence:  # so that the next is read after that was written
                    pass
                if words[_SLEEPS]:
                    words[_SLEEPS] = 0
                    os.write(self._control, b"\n")
                return
        os.write(self.out, next(marks))
        line = b"\x1e%d %b\n" % (index, binascii.b2a_base64(answer, newline=False))
        _write_all(self.err, next(marks) + line)
        self._carried = self._count()

    def say(self, word: bytes, *, mark: bytes) -> None:
        """Tell of the slot process itself, and wake the worker. The streams go on with the next item."""
        line = b"%b\x1e%b\n" % (mark, word)
        _write_all(self.err, line)
        os.write(self._control, b"\n")
        if self._carried != _UNKNOWN:
            self._carried += 2 * len(line)

    def _has_room(self, end: int) -> bool:
        self._free_to = self._words[_SEEN] + self._ring_bytes
        return end <= self._free_to

    def _put(self, answer: bytes, length: int) -> None:
        first = _HEADER_BYTES + self._at % self._ring_bytes
        last = first + length
        end = _HEADER_BYTES + self._ring_bytes
        if last <= end:
            self._memory[first:last] = answer
        else:
            self._memory[first:] = answer[: end - first]
            self._memory[_HEADER_BYTES : _HEADER_BYTES + last - end] = answer[end - first :]

    def _has_not_grown(self) -> bool:
        return self._carried != _UNKNOWN and self._count() == self._carried

    def _count(self) -> int:
        """Twice the bytes that the streams have carried; unknown while the worker reads."""
        before = self._words[_TAKEN]
        left = 0
        for stream in (self.out, self.err):
            fcntl.ioctl(stream, termios.FIONREAD, self._number)
            left += struct.unpack("i", self._number)[0]
        if before & 1 or self._words[_TAKEN] != before:
            return _UNKNOWN
        return before + 2 * left


def _unnamed_memory(path: str) -> mmap.mmap:
    """The memory of a file that afterwards has neither a name nor an open descriptor here."""
    with open(path, "r+b") as file:
        next_free = os.dup(file.fileno())
        os.close(next_free)
        memory = mmap.mmap(file.fileno(), 0)
    with contextlib.suppress(OSError):
        os.close(next_free)  # which `mmap` took for a copy of its own
    os.unlink(path)
    return memory


def _open_for_marks(path: str) -> int:
    """A number of our own, which items do not inherit. Only who may read is told what there is to be read."""
    unmoved = os.open(path, os.O_RDWR)
    moved = _moved(unmoved)
    os.close(unmoved)
    return moved


def _moved(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
