"""One connection to Redis: requests out, answers in, with two system calls a round trip.

The library's own way from a call to the socket and back costs several times what the server needs.
"""

import select
import socket
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import hiredis
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

Command = tuple[str | bytes | int | float, ...]
packed: Callable[[Command], bytes] = hiredis.pack_command  # type: ignore[assignment]  # its stub knows one part
READ_BYTES = 1 << 16
_NOTHING_YET = object()
_ERRORS: dict[str, type[ResponseError | NoConnection]] = {
    "LOADING": BusyLoadingError,
    "NOPERM": NoPermissionError,
    "NOSCRIPT": NoScriptError,
    "OOM": OutOfMemoryError,
    "READONLY": ReadOnlyError,
    "WRONGPASS": AuthenticationError,
}


class Address(NamedTuple):
    """Where Redis is, its password, and the seconds that connecting and each answer may take."""

    host: str
    port: int
    password: str | None
    timeout_seconds: float


class Channel:
    """For one thread at a time. Raises the library's ConnectionError and TimeoutError, and is closed then."""

    def __init__(self, address: Address) -> None:
        self._reader = hiredis.Reader(replyError=_error_of, notEnoughData=_NOTHING_YET)
        self._socket = _connected(address)
        if address.password:
            (answer,) = self.ask(packed(("AUTH", address.password)), answers=1)
            if isinstance(answer, Exception):
                self.close()
                raise AuthenticationError(str(answer))

    def ask(self, requests: bytes, *, answers: int) -> list[Any]:
        """The answers to requests; an error that the server answered is one of them, and not raised."""
        got: list[Any] = []
        try:
            self._socket.sendall(requests)
            while len(got) < answers:
                answer = self._reader.gets()
                if answer is _NOTHING_YET:
                    self._read()
                else:
                    got.append(answer)
        except BlockingIOError as error:
            self.close()
            raise NoAnswer("no answer in time") from error
        except (OSError, hiredis.HiredisError) as error:
            self.close()
            raise NoConnection(str(error)) from error
        except BaseException:
            self.close()  # an answer that is still to come must not be taken for another's
            raise
        return got

    def hear(self, *, timeout_seconds: float) -> Any:  # noqa: ANN401 - depends on what is told
        """What the server says unasked, or None where it says nothing in time."""
        try:
            while (said := self._reader.gets()) is _NOTHING_YET:
                if not self._has_said(within_seconds=timeout_seconds):
                    return None
                self._read()
        except (OSError, hiredis.HiredisError) as error:
            self.close()
            raise NoConnection(str(error)) from error
        return said

    def _has_said(self, *, within_seconds: float) -> bool:
        poll = select.poll()  # `select` takes no descriptor above 1,023
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(within_seconds * 1000))

    def is_stale(self) -> bool:
        """Whether the server has closed it, or has said something unasked."""
        try:
            self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        """May be repeated."""
        self._socket.close()

    def __del__(self) -> None:
        if hasattr(self, "_socket"):
            self.close()

    def _read(self) -> None:
        read = self._socket.recv(READ_BYTES)
        if not read:
            raise NoConnection("closed by the server")
        self._reader.feed(read)


def _connected(address: Address) -> socket.socket:
    try:
        connected = socket.create_connection((address.host, address.port), timeout=address.timeout_seconds)
    except TimeoutError as error:
        raise NoAnswer("no connection in time") from error
    except OSError as error:
        raise NoConnection(f"connecting to {address.host}:{address.port}: {error}") from error
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Limits that the kernel keeps: those of Python cost another system call before each of these.
    connected.setblocking(True)  # noqa: FBT003 - the library's signature
    limit = struct.pack("ll", *_whole_and_rest(address.timeout_seconds))
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    return connected


def _whole_and_rest(seconds: float) -> tuple[int, int]:
    """Seconds and microseconds; at least one of these, because none at all means no limit."""
    return divmod(max(1, round(seconds * 1_000_000)), 1_000_000)


def _error_of(text: str) -> Exception:
    """An error as the server says it. The library's class where somebody asks for it."""
    return _ERRORS.get(text.partition(" ")[0], ResponseError)(text)
