"""Writes what is made from the API's code: the reference page `docs/reference/http.md`."""

import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.controllers.openapi import describe
from app.controllers.problems import OF_FLASK
from app.errors import FanfoldError
from app.messaging.memory import MemoryBus
from app.repositories.memory import MemoryStore
from app.settings import Settings
from app.support.metrics import COUNTERS, GAUGES, REQUESTS, STORE_UP
from app.wiring import Outside, wire_api

Json = Mapping[str, Any]
_PAGE = Path("docs/reference/http.md")
_MARK = "<!-- What follows is made from the code by `make docs`. -->\n"
_SHAPES = ("MasterTask", "RangeOfItems", "TaskStatus", "ResultLine", "TaskPage", "NodeStatus", "Problem")
_INTERNAL = "A mistake of the service: its log tells more under the error_id that `instance` names."
_NOT_OVER_HTTP = frozenset(
    {"bus-broken", "bus-unavailable", "configuration", "port-in-use", "record-too-large", "record-unreadable"}
)


def page_text(page: str) -> str:
    """The reference page `page`, with new tables below its mark."""
    document = _document()
    parts = (
        _section("Calls", ("call", "query", "what it does", "answers"), _calls(document)),
        *(_section(name, ("member", "type", "meaning"), _members(document, name)) for name in _SHAPES),
        _section("Problems", ("code", "status", "meaning and remedy"), _problems()),
        _section("Metrics", ("name", "meaning"), _metrics()),
    )
    return "\n".join((page.partition(_MARK)[0] + _MARK, *parts))


def write(root: Path) -> None:
    """Writes the page below `root`, the project's folder."""
    page = (root / _PAGE).read_text(encoding="utf-8")
    (root / _PAGE).write_text(page_text(page), encoding="utf-8")


def _document() -> Json:
    bus = MemoryBus()
    outside = Outside(store=MemoryStore(time.time), publisher=bus.publisher(), admin=bus.admin())
    return describe(wire_api(Settings(), outside=outside, is_stopping=lambda: False))


def _section(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "| " + " | ".join(heads) + " |"
    lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    return "\n".join((f"## {title}\n", head, re.sub(r"[^|]+", "---", head), *lines, ""))


def _calls(document: Json) -> Iterator[tuple[str, ...]]:
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            query = ", ".join(f"`{one['name']}`" for one in call["parameters"] if one["in"] == "query")
            answers = ", ".join(status for status in call["responses"] if status < "400" or status == "503")
            yield f"`{method.upper()} {path}`", query, call["summary"], answers


def _members(document: Json, name: str) -> Iterator[tuple[str, ...]]:
    schema = document["components"]["schemas"][name]
    for member, said in schema["properties"].items():
        needed = ", required" if member in schema.get("required", ()) else ""
        yield f"`{member}`", _kind(said) + needed, said.get("description", "")


def _kind(said: Json) -> str:
    if "$ref" in said:
        return str(said["$ref"]).rpartition("/")[2]
    if "anyOf" in said:
        return " or ".join(dict.fromkeys(_kind(one) for one in said["anyOf"]))
    if said.get("type") == "array" and isinstance(said.get("items"), Mapping):
        return f"list of {_kind(said['items'])}"
    return str(said.get("type", "anything"))


def _problems() -> Iterator[tuple[str, ...]]:
    rows = {code: (status, meaning) for status, (code, meaning) in OF_FLASK.items()}
    for kind in _kinds(FanfoldError):
        rows.setdefault(kind.code, (kind.status, " ".join((kind.__doc__ or "").split())))
    rows["internal"] = (500, _INTERNAL)
    for code, (status, meaning) in sorted(rows.items()):
        if code not in _NOT_OVER_HTTP:
            yield f'<a id="{code}"></a>`{code}`', str(status), meaning


def _kinds(kind: type[FanfoldError]) -> Iterator[type[FanfoldError]]:
    """The scheduler's own, whatever else has been loaded beside it."""
    if kind.__module__.partition(".")[0] == "app":
        yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)


def _metrics() -> Iterator[tuple[str, ...]]:
    for counter in COUNTERS.values():
        yield f"`{counter.name}_total`", counter.meaning
    for metric in (*GAUGES.values(), STORE_UP, REQUESTS):
        yield f"`{metric.name}`", metric.meaning


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path())
