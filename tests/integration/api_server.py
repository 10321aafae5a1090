"""A running API process, and raw conversations with it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from fanfold.embedded.ports import free_port
from tests.api_process import PARENT, PIDS
from tests.servers import wait_until

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0


class ApiServer:
    """One process of the API behind the real server."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._pids = folder / f"pids-{self.port}"
        self.log = folder / f"log-{self.port}"
        words = (f"--server.port={self.port}", *settings)
        self.process = start(*words, pids=self._pids, log=self.log)
        self.http = httpx2.Client(base_url=self.url, timeout=60, trust_env=False)
        wait_until(
            self.answers, seconds=START_SECONDS, state=lambda: (self.process.poll(), self.log.read_text())
        )

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.http.get("/schedule/ping").status_code == 200
        except httpx2.TransportError:
            return False

    @property
    def worker_pid(self) -> int:
        """The process that has the application."""
        return int(self._pids.read_text().split()[1])

    def resident_bytes(self) -> int:
        """Memory of that process."""
        pages = int(Path(f"/proc/{self.worker_pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def peak_bytes(self) -> int:
        """The most memory it has had."""
        lines = Path(f"/proc/{self.worker_pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

    def create(self, items: object, **fields: object) -> dict[str, Any]:
        answer = self.http.post("/schedule", json={"templateFunction": "true", "inputList": items} | fields)
        assert answer.status_code == 202, answer.text
        status: dict[str, Any] = answer.json()
        return status

    def say(self, *pieces: bytes, seconds: float = 5.0) -> bytes:
        """What comes back for these bytes until the server closes, or says nothing for a while."""
        with socket.create_connection(("127.0.0.1", self.port)) as talk:
            talk.settimeout(seconds)
            for piece in pieces:
                talk.sendall(piece)
            return b"".join(heard(talk))

    def close(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()


def start(*words: str, pids: Path, log: Path) -> subprocess.Popen[bytes]:
    """The process of an API with these settings."""
    with log.open("wb") as stream:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.api_process", *words],
            cwd=ROOT,
            env={**os.environ, PARENT: str(os.getpid()), PIDS: str(pids)},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )


@contextmanager
def api_server(folder: Path, *settings: str) -> Iterator[ApiServer]:
    """A server that ends with the block."""
    server = ApiServer(folder, *settings)
    try:
        yield server
    finally:
        server.close()


def heard(talk: socket.socket) -> Iterator[bytes]:
    """What the other side sends until it closes or falls silent."""
    try:
        while piece := talk.recv(65_536):
            yield piece
    except (TimeoutError, ConnectionError):
        return


def request(line: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request that closes its connection."""
    head = [line, *(f"{name}: {value}" for name, value in headers.items()), "Connection: close", "", ""]
    return "\r\n".join(head).encode() + body


def problem(answer: bytes) -> tuple[int, str]:
    """Status and code of a raw answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1])
    return status, json.loads(body)["code"] if body.startswith(b"{") else ""


def is_open(port: int) -> bool:
    """Whether anybody listens there."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
