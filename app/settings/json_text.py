"""Reads settings from SPRING_APPLICATION_JSON: one JSON object, nested or with dotted keys."""

import json
from collections.abc import Iterator

from app.settings.collecting import Reading, collect
from app.settings.entries import Entry, Origin
from app.settings.faults import Fault

VARIABLE = "SPRING_APPLICATION_JSON"


class _Pairs(list[tuple[str, object]]):
    """An object's members in order, doubles included."""


def read_json(text: str, *, origin: Origin) -> Reading:
    """The settings in `text`, found in `origin`; an empty text has none."""
    if not text.strip():
        return Reading(layer={})
    try:
        document = json.loads(text, object_pairs_hook=_Pairs, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        return _unreadable(f"is not JSON ({error})", origin)
    if not isinstance(document, _Pairs):
        return _unreadable("is not a JSON object", origin)
    return collect(_entries("", document, origin))


def _entries(key: str, value: object, origin: Origin) -> Iterator[Entry]:
    if isinstance(value, _Pairs):
        for name, below in value:
            yield from _entries(f"{key}.{name}" if key else name, below, origin)
    elif isinstance(value, list) and value:
        for index, element in enumerate(value):
            yield from _entries(f"{key}[{index}]", element, origin)
    else:
        yield Entry(key=key, value=_text(value), origin=origin)


def _text(value: object) -> str:
    if value is None or value == []:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unreadable(what: str, origin: Origin) -> Reading:
    fault = Fault(what=what, remedy='write an object such as {"server":{"port":30000}}', origin=origin)
    return Reading(layer={}, faults=(fault,))
