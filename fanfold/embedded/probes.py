"""Is it ready? One short question to a server, answered yes or no; never raises, waits a second at most."""

import http.client
import json
import socket
import struct
from datetime import datetime

_SECONDS = 1.0
_API_VERSIONS = 18


def kafka_answers(port: int) -> bool:
    """Ask a broker for its API versions: it answers only when it takes requests of clients."""
    client = b"fanfold"
    request = struct.pack(f">hhih{len(client)}s", _API_VERSIONS, 0, 7, len(client), client)
    answer = _ask(port, request=struct.pack(">i", len(request)) + request, length=10)
    return len(answer) == 10 and struct.unpack(">iih", answer)[1:] == (7, 0)


def redis_answers(port: int) -> bool:
    """Ask for a PONG: a server that still loads its data answers with an error instead."""
    return _ask(port, request=b"PING\r\n", length=7) == b"+PONG\r\n"


def http_ready(port: int) -> bool:
    """Ask a scheduler's readiness check."""
    return _get(port, path="/health/ready") is not None


def live_nodes(port: int, *, since: float = 0.0) -> frozenset[str]:
    """The ids of the workers whose last beat a scheduler heard after `since` (epoch seconds).

    Workers of a system that was killed here may be listed for some seconds yet. Empty when it does not say.
    """
    body = _get(port, path="/schedule/nodes")
    try:
        nodes = json.loads(body or b"{}")["nodes"]
        return frozenset(
            str(node["nodeId"])
            for node in nodes
            if node["alive"] and datetime.fromisoformat(node["lastBeatAt"]).timestamp() > since
        )
    except (ValueError, KeyError, TypeError):
        return frozenset()


def _get(port: int, *, path: str) -> bytes | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.sock = _connect(port)
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return body if response.status == http.client.OK else None


def _connect(port: int) -> socket.socket:
    """A connection to a server, not to itself: where nobody listens on a port that the kernel also gives to
    clients, it may give us that very port, and our leaving it would keep the server from it for a minute."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
    if connection.getsockname() == connection.getpeername():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        raise ConnectionRefusedError
    return connection


def _ask(port: int, *, request: bytes, length: int) -> bytes:
    answer = b""
    try:
        with _connect(port) as connection:
            connection.sendall(request)
            while len(answer) < length and (part := connection.recv(length - len(answer))):
                answer += part
    except OSError:
        return b""
    return answer
