"""Many connections that send the same request over and over: a load that costs little itself."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

_READ_BYTES = 64 << 10
_PATIENCE_SECONDS = 30.0
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Load:
    """How many calls were answered in how many seconds."""

    calls: int
    seconds: float

    @property
    def calls_a_second(self) -> float:
        return self.calls / self.seconds


@dataclass
class _Caller:
    """One connection and what has arrived of the answer."""

    connection: socket.socket
    arrived: bytearray = field(default_factory=bytearray)

    def is_answered(self, *, status: bytes) -> bool:
        """Read what is there; whether the answer is whole. Raises RuntimeError for another status."""
        piece = self.connection.recv(_READ_BYTES)
        if not piece:
            raise RuntimeError("the server has closed the connection")
        self.arrived += piece
        head, end, body = self.arrived.partition(_END_OF_HEAD)
        if not end or len(body) < _content_length(head):
            return False
        if head.split(b" ", 2)[1] != status:
            raise RuntimeError(f"answered {bytes(self.arrived[:500])!r}")
        self.arrived.clear()
        return True


def request(method: str, path: str, *, port: int, json: bytes = b"") -> bytes:
    """A whole request, to a server on this machine."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(json)}\r\n"
    return (head + "Content-Type: application/json\r\n\r\n").encode() + json


def load(sent: bytes, *, port: int, connections: int, seconds: float, status: int) -> Load:
    """Keep so many requests in flight for so long. Raises RuntimeError at an answer of another status."""
    with _connected(port, count=connections) as callers, selectors.DefaultSelector() as selector:
        for caller in callers:
            selector.register(caller.connection, selectors.EVENT_READ, caller)
        started = time.perf_counter()
        for caller in callers:
            caller.connection.sendall(sent)
        calls = sum(1 for _ in _answers(selector, sent, until=started + seconds, status=b"%d" % status))
        return Load(calls=calls, seconds=time.perf_counter() - started)


def _answers(selector: selectors.BaseSelector, sent: bytes, *, until: float, status: bytes) -> Iterator[None]:
    """One for each answer; each caller asks again until the time is over, and is then heard out."""
    while selector.get_map():
        ready = selector.select(_PATIENCE_SECONDS)
        if not ready:
            raise RuntimeError(f"no answer within {_PATIENCE_SECONDS:.0f} s")
        for key, _ in ready:
            caller: _Caller = key.data
            if not caller.is_answered(status=status):
                continue
            yield
            if time.perf_counter() < until:
                caller.connection.sendall(sent)
            else:
                selector.unregister(caller.connection)


@contextmanager
def _connected(port: int, *, count: int) -> Iterator[Sequence[_Caller]]:
    with ExitStack() as stack:
        yield [
            _Caller(stack.enter_context(socket.create_connection(("127.0.0.1", port)))) for _ in range(count)
        ]


def _content_length(head: bytes | bytearray) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise RuntimeError(f"an answer without a length: {head!r}")
