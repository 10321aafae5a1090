"""From a request to create a task to the task and its items: JSON, a form, or NDJSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import parse_qsl

from flask import Request

from app.controllers.bodies import LengthRequired, UnsupportedType, media_type, portions_of_lines, whole
from app.controllers.item_lines import ITEMS_TOTAL, items_in
from app.controllers.items import items_of
from app.errors import InvalidField, MalformedBody
from app.models.item_range import ItemRange
from app.models.request import MasterTask, read_task
from app.services.item_blocks import POINTER
from app.support.strict_json import Json, read_json

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
NDJSON = "application/x-ndjson"
ACCEPTED = (JSON, FORM, NDJSON)
_NDJSON_NAMES = frozenset({NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines"})


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bytes of a body that is not streamed, or of a line of one that is; items of a task."""

    max_body_bytes: int
    max_items: int


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A task that is asked for, and its items, in portions or as a rule.

    Portions can be read once, may come from the network, and may raise.
    """

    task: MasterTask
    items: Iterable[Sequence[str]] | ItemRange


def asked_task(request: Request, *, limits: Limits) -> Asked:
    """Raises MalformedBody, InvalidField, UnsupportedType, BodyTooLarge, LengthRequired."""
    kind = media_type(request)
    if kind in _NDJSON_NAMES:
        return _streamed(request, limits=limits)
    if kind == JSON:
        fields = json_object(whole(request, most_bytes=limits.max_body_bytes))
    elif kind == FORM:
        if request.content_length is None:
            raise LengthRequired("a form without Content-Length does not show whether it was cut off")
        fields = _form_fields(whole(request, most_bytes=limits.max_body_bytes))
    else:
        raise UnsupportedType(
            f"the content type {kind[:100]!r} is not supported" if kind else "the body has no content type",
            hint=f"send {JSON}, {FORM} or {NDJSON}",
        )
    task = read_task(fields)
    items = items_of(fields.get("inputList"), most=limits.max_items)
    return Asked(task=task, items=items if isinstance(items, ItemRange) else [items])


def json_object(body: bytes) -> dict[str, Json]:
    """The object in a JSON body. Raises MalformedBody."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise MalformedBody("the body is not a JSON object", pointer="#")
    return value


def _streamed(request: Request, *, limits: Limits) -> Asked:
    body = portions_of_lines(request, most_line_bytes=limits.max_body_bytes)
    number, (header, *lines) = next(body)
    fields = json_object(header)
    total = _items_total(fields.pop(ITEMS_TOTAL, None))
    if "inputList" in fields:
        raise InvalidField(
            "inputList does not belong here", pointer=POINTER, hint="each line after the first is an item"
        )
    if total is None and request.content_length is None:
        raise LengthRequired(
            "a stream without Content-Length does not show whether it was cut off",
            hint=f'say how many items follow: {{"templateFunction": ..., "{ITEMS_TOTAL}": 1000}}',
        )
    items = items_in(chain([(number + 1, lines)], body), total=total, most=limits.max_items)
    return Asked(task=read_task(fields), items=items)


def _items_total(value: Json) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise InvalidField(f"{ITEMS_TOTAL} is not a whole number", pointer=f"#/{ITEMS_TOTAL}")
    return value


def _form_fields(body: bytes) -> dict[str, Json]:
    """A form as the JSON it stands for: `inputList` repeated, numbers and booleans as texts."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except UnicodeError as error:
        raise MalformedBody("the form is not UTF-8, percent-encoded") from error
    except ValueError as error:
        raise MalformedBody(f"this is not a form: {error}") from error
    items: list[Json] = [value for name, value in pairs if name == "inputList"]
    single = [(name, value) for name, value in pairs if name != "inputList"]
    fields: dict[str, Json] = {name: _form_value(name, text) for name, text in single}
    if len(fields) < len(single):
        names = [name for name, _ in single]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedBody(f"the field {twice[:100]!r} is there twice", pointer=f"#/{twice[:100]}")
    return fields | ({"inputList": items} if items else {})


def _form_value(name: str, text: str) -> Json:
    if text == "" and name != "templateFunction":
        return None
    if name == "idempotent" and text in {"true", "false"}:
        return text == "true"
    if name in {"priority", "timeoutSeconds"}:
        return _number(text)
    return text


def _number(text: str) -> Json:
    try:
        value = read_json(text.encode())
    except MalformedBody:
        return text
    return value if isinstance(value, int | float) else text
