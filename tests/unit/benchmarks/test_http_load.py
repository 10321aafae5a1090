"""The load that calls a server on many connections."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.http_load import load, request


class _Counting(BaseHTTPRequestHandler):
    """Answers 202 and counts; the path /broken answers 500."""

    protocol_version = "HTTP/1.1"
    bodies: list[bytes]

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(500 if self.path == "/broken" else 202)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"taken")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the parent's
        """Say nothing."""


@contextmanager
def a_server() -> Iterator[tuple[int, list[bytes]]]:
    """Its port, and the bodies that it has had."""
    bodies: list[bytes] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Counting", (_Counting,), {"bodies": bodies})) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port, bodies
        finally:
            server.shutdown()
            thread.join()


def test_every_call_is_answered_and_counted() -> None:
    with a_server() as (port, bodies):
        sent = request("POST", "/", port=port, json=b'{"a": 1}')

        done = load(sent, port=port, connections=4, seconds=0.2, status=202)

    assert done.calls == len(bodies) >= 4
    assert set(bodies) == {b'{"a": 1}'}
    assert done.calls_a_second == pytest.approx(done.calls / done.seconds)


def test_another_status_is_no_answer() -> None:
    with a_server() as (port, _), pytest.raises(RuntimeError, match="500"):
        load(request("POST", "/broken", port=port), port=port, connections=2, seconds=0.2, status=202)
