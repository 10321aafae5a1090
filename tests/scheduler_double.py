"""A service that speaks the HTTP contract from memory and runs bash items on the spot, for client tests."""

import base64
import subprocess
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


class DoubledTask:
    """One task: every item's result is known at once, and shown when it is released."""

    def __init__(self, body: Json) -> None:
        self.body = body
        self.task_id: str = body["id"]
        self.items = _items(body["inputList"])
        self.run = 1
        self.cancelled = False
        self.submission_failed = False
        self.reason: str | None = None
        self.results = [_execute(body, item, index=index) for index, item in enumerate(self.items)]
        self.released: set[int] = set()

    def release(self, indexes: Iterable[int]) -> None:
        self.released |= set(indexes)

    def cancel(self) -> None:
        self.cancelled = True
        for index in set(range(len(self.items))) - self.released:
            self.results[index] = {"index": index, "item": self.items[index], "outcome": "cancelled"}
        self.release(range(len(self.items)))

    def retry(self) -> None:
        self.run += 1
        self.cancelled = self.submission_failed = False
        for index, result in enumerate(self.results):
            if result["outcome"] != "ok":
                self.results[index] = _execute(self.body, self.items[index], index=index)

    def state(self) -> str:
        if self.submission_failed:
            return "SUBMISSION_FAILED"
        if len(self.released) < len(self.items):
            return "INPROGRESS" if self.released else "SUBMITTED"
        if self.cancelled:
            return "CANCELLED"
        return "FAILED" if self._count("ok") < len(self.items) else "COMPLETED"

    def is_over(self) -> bool:
        return self.state() in ("COMPLETED", "FAILED", "CANCELLED", "SUBMISSION_FAILED")

    def status(self) -> Json:
        failed = [self.results[index] for index in sorted(self.released) if self._failed(index)]
        return {
            "taskId": self.task_id,
            "name": self.body.get("name"),
            "status": self.state(),
            "run": self.run,
            "controlVersion": self.run - 1,
            "paused": False,
            "itemsTotal": len(self.items),
            "itemsSucceeded": self._count("ok"),
            "itemsFailed": len(failed),
            "itemsCancelled": self._count("cancelled"),
            "chunksToExecute": 2,
            "chunksExecuted": 2 if self.is_over() else 0,
            "rate": 12.5,
            "etaSeconds": None if self.is_over() else 3.0,
            "createdAt": "2026-11-25T13:00:00Z",
            "startedAt": "2026-11-25T13:00:01.250Z",
            "finishedAt": "2026-11-25T13:01:05Z" if self.is_over() else None,
            "reason": self.reason,
            "warnings": ["the variable 'unused' is not used"] if "unused" in self._variables() else [],
            "failures": failed[:3],
            "somethingNew": {"that": "this client does not know"},
        }

    def select(self, query: dict[str, str]) -> list[Json]:
        lines: list[Json] = []
        outcomes = query["outcome"].split(",") if "outcome" in query else None
        for index in range(int(query.get("start", "0")), len(self.items)):
            if index not in self.released:
                if query.get("gapless") == "true":
                    break
                continue
            if outcomes is None or self.results[index]["outcome"] in outcomes:
                lines.append(self._line(index, brief=query.get("brief") == "true"))
        return lines[: int(query["limit"])] if "limit" in query else lines

    def _line(self, index: int, *, brief: bool) -> Json:
        line = self.results[index]
        told = ("index", "outcome", "stdout", "stderr", "stdoutBase64", "stderrBase64", "value")
        is_cut = line.get("stdoutTruncated") or line.get("stderrTruncated")
        is_plain = line["outcome"] == "ok" and not is_cut
        return {name: line[name] for name in told if name in line} if brief and is_plain else line

    def _variables(self) -> Json:
        variables: Json = self.body.get("variableJson", {})
        return variables

    def _failed(self, index: int) -> bool:
        return self.results[index]["outcome"] not in ("ok", "cancelled")

    def _count(self, outcome: str) -> int:
        return sum(self.results[index]["outcome"] == outcome for index in self.released)


class SchedulerDouble:
    """The service behind all doors. `holding` tasks show no result until they are released."""

    def __init__(self) -> None:
        self.tasks: dict[str, DoubledTask] = {}
        self.holding = False
        self.waiters = 8
        self.changed = threading.Condition()

    def create(self, body: Json) -> DoubledTask | None:
        """The task of this body; None when the id is another's."""
        with self.changed:
            known = self.tasks.get(body["id"])
            if known is not None:
                return known if known.body == body else None
            task = self.tasks[body["id"]] = DoubledTask(body)
            if not self.holding:
                task.release(range(len(task.items)))
            self.changed.notify_all()
            return task

    def release(self, indexes: Iterable[int], *, task_id: str | None = None) -> None:
        """Show results of a task, the newest unless one is named."""
        with self.changed:
            task = self.newest() if task_id is None else self.tasks[task_id]
            task.release(indexes)
            self.changed.notify_all()

    def wait(self, task: DoubledTask, *, seconds: float) -> None:
        with self.changed:
            self.changed.wait_for(task.is_over, timeout=seconds)

    def newest(self) -> DoubledTask:
        return list(self.tasks.values())[-1]

    def await_task(self, *, seconds: float = 10.0) -> DoubledTask:
        """The newest task, once there is one."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.tasks, timeout=seconds), "no task was submitted"
        return self.newest()


def _items(given: Any) -> list[str]:
    return [str(item) for item in range(*given["range"])] if isinstance(given, dict) else list(given)


def _execute(body: Json, item: str, *, index: int) -> Json:
    result = {"index": index, "item": item, "startedAt": datetime.now(UTC).isoformat(), "worker": "w1#abc"}
    began = time.monotonic()
    if body.get("language") == "python":
        names: Json = {}
        exec(body["templateFunction"], names)
        result |= {"outcome": "ok", "value": names["run"](item)}
    else:
        result |= _bash(body["templateFunction"], item, seconds=body.get("timeoutSeconds"))
    return result | {"attempt": 1, "durationMs": (time.monotonic() - began) * 1000}


def _bash(function: str, item: str, *, seconds: float | None) -> Json:
    try:
        done = subprocess.run(
            ["bash", "-c", function, "bash", item],
            input=item.encode() + b"\n",
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return {"outcome": "timeout", "exitCode": None}
    ended: Json = {"outcome": "ok" if done.returncode == 0 else "failed", "exitCode": done.returncode}
    if done.returncode < 0:
        ended = {"outcome": "killed", "exitCode": None, "signal": -done.returncode}
    return ended | _output("stdout", done.stdout) | _output("stderr", done.stderr)


def _output(name: str, data: bytes) -> Json:
    shown: Json = {name: data.decode(errors="backslashreplace"), f"{name}Truncated": False}
    try:
        data.decode()
    except UnicodeDecodeError:
        shown[f"{name}Base64"] = base64.b64encode(data).decode()
    return shown
