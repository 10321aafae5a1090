"""What a probe must not do to the port that it asks."""

import socket
import threading

import pytest

from fanfold.embedded import probes
from fanfold.embedded.ports import free_port


def test_a_probe_that_connects_to_itself_says_no_and_leaves_the_port_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    monkeypatch.setattr(socket, "create_connection", lambda *_args, **_kwargs: _connected_to_itself(port))

    assert not probes.http_ready(port)
    assert not probes.redis_answers(port)

    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()


def test_a_probe_hears_a_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=_pong, args=(server,))
        answering.start()
        assert probes.redis_answers(server.getsockname()[1])
        answering.join(5)


def _connected_to_itself(port: int) -> socket.socket:
    """As the kernel does it when it gives a client the port that it asks for."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind(("127.0.0.1", port))
    client.connect(("127.0.0.1", port))
    return client


def _pong(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(64)
        connection.sendall(b"+PONG\r\n")
