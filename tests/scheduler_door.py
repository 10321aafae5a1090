"""An HTTP server in front of a SchedulerDouble, with faults on demand; several may share one double."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.scheduler_double import DoubledTask, SchedulerDouble

Fault = Callable[["Handler"], None]


class Door(ThreadingHTTPServer):
    """One server. Each of its `faults` is done once instead of, or around, answering a request."""

    daemon_threads = True

    def __init__(self, service: SchedulerDouble) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.service = service
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of many tests."""


@contextmanager
def open_door(service: SchedulerDouble) -> Iterator[Door]:
    """A server that answers for the service until the block is left."""
    with Door(service) as door:
        thread = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield door
        finally:
            door.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Door

    def do_GET(self) -> None:
        self._serve(self._get)

    def do_POST(self) -> None:
        self._serve(self._post)

    def _serve(self, answer: Callable[[], None]) -> None:
        self.server.requests.append(f"{self.command} {self.path}")
        chunked = self.headers.get("transfer-encoding") == "chunked"
        length = int(self.headers.get("content-length", "0"))
        self.body = self._chunks() if chunked else self.rfile.read(length)
        parts = urlsplit(self.path)
        self.path_parts = [unquote(part) for part in parts.path.strip("/").split("/")]
        self.query = dict(parse_qsl(parts.query))
        if self.server.faults:
            self.server.faults.popleft()(self)
        else:
            answer()

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _get(self) -> None:
        service = self.server.service
        match self.path_parts[1:]:
            case ["ping"]:
                self.answer(200, {"status": "ok"})
            case ["nodes"]:
                self.answer(200, {"nodes": [NODE]})
            case []:
                self._page(list(service.tasks.values())[::-1])
            case [task_id, *rest] if task_id in service.tasks:
                self._get_task(service.tasks[task_id], rest)
            case _:
                self.problem(404, "task-not-found", "there is no such task")

    def _get_task(self, task: DoubledTask, rest: list[str]) -> None:
        if rest == ["results"]:
            self.lines([json.dumps(line).encode() + b"\n" for line in task.select(self.query)])
        elif "wait" in self.query and self.server.service.waiters == 0:
            self.problem(503, "too-many-waiters", "no waiter is free", retry_after="7")
        else:
            self.server.service.wait(task, seconds=float(self.query.get("wait", "0")))
            self.answer(200, task.status())

    def _page(self, tasks: list[DoubledTask]) -> None:
        begin, limit = int(self.query.get("after", "0")), int(self.query["limit"])
        end = begin + limit
        page = [task.status() for task in tasks[begin:end]]
        self.answer(200, {"tasks": page, "next": str(end) if end < len(tasks) else None})

    def _post(self) -> None:
        body = self._task()
        match self.path_parts[1:]:
            case ["create"]:
                self._create(body)
            case [task_id, "cancel" | "retry" as action] if task_id in self.server.service.tasks:
                task = self.server.service.tasks[task_id]
                if body["run"] == task.run:
                    {"cancel": task.cancel, "retry": task.retry}[action]()
                self.answer(200, task.status())
            case _:
                self.problem(404, "task-not-found", "there is no such task")

    def _task(self) -> dict[str, Any]:
        first, *lines = self.body.splitlines()
        body: dict[str, Any] = json.loads(first)
        if self.headers["content-type"] == "application/x-ndjson":
            body["inputList"] = [json.loads(line) for line in lines]
            assert body.pop("itemsTotal") == len(lines)
        return body

    def _create(self, body: dict[str, Any]) -> None:
        if "{{" in body["templateFunction"] and "variableJson" not in body:
            self.problem(
                422,
                "template-invalid",
                "'name' is undefined",
                pointer="/templateFunction",
                hint="known variables: none",
                errors=[{"detail": "line 1: 'name'", "pointer": "/templateFunction"}],
            )
            return
        task = self.server.service.create(body)
        if task is None:
            self.problem(422, "task-id-in-use", "a task of this id has another body")
        else:
            status = task.status()
            known = ("taskId", "status", "run", "itemsTotal", "warnings")
            self.answer(202, {key: status[key] for key in known})

    def answer(self, status: int, body: object, *, kind: str = "application/json", **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def problem(
        self, status: int, code: str, detail: str, *, retry_after: str | None = None, **more: Any
    ) -> None:
        headers = {} if retry_after is None else {"retry_after": retry_after}
        body = {"title": "No", "status": status, "code": code, "detail": detail, **more}
        self.answer(status, body, kind="application/problem+json", **headers)

    def lines(self, lines: list[bytes], *, break_off_after: int | None = None) -> None:
        """Send chunks; after so many, cut the connection within a line."""
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for number, line in enumerate(lines):
            if number == break_off_after:
                self.wfile.write(b"%x\r\n%s" % (len(line), line[: len(line) // 2]))
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: `requests` of the door remembers."""


def busy(handler: Handler) -> None:
    """Answer 503, as a scheduler without its store does."""
    handler.problem(503, "store-unavailable", "Redis does not answer")


def bad_gateway(handler: Handler) -> None:
    """Answer 502 with HTML, as nginx does when no scheduler is there."""
    handler.answer(502, b"<html>Bad Gateway</html>", kind="text/html")


def hang_up(handler: Handler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True


def answer_then_hang_up(handler: Handler) -> None:
    """Do what is asked, and lose the answer."""
    handler.wfile, kept = _Nowhere(), handler.wfile  # type: ignore[assignment]
    (handler._get if handler.command == "GET" else handler._post)()
    handler.wfile = kept
    handler.close_connection = True


def break_off(after: int) -> Fault:
    """Break the results off after so many lines."""

    def fault(handler: Handler) -> None:
        task = handler.server.service.tasks[handler.path_parts[1]]
        lines = [json.dumps(line).encode() + b"\n" for line in task.select(handler.query)]
        handler.lines(lines, break_off_after=after)

    return fault


def stop_with_problem(after: int, *, status: int) -> Fault:
    """End the results, whole as HTTP goes, with a problem after so many lines."""

    def fault(handler: Handler) -> None:
        task = handler.server.service.tasks[handler.path_parts[1]]
        lines = [json.dumps(line).encode() + b"\n" for line in task.select(handler.query)]
        document = {"status": status, "code": "some-code", "detail": "the store is away"}
        handler.lines([*lines[:after], json.dumps({"problem": document}, separators=(",", ":")).encode()])

    return fault


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        """Nothing is held."""


NODE = {
    "nodeId": "w1#5f1c",
    "name": "w1",
    "slots": 2,
    "busy": 1,
    "room": True,
    "draining": False,
    "shards": 1,
    "lastBeatAt": "2026-11-25T13:00:02.125Z",
}
