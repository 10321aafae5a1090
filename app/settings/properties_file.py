"""Reads a `.properties` file as Java and Spring do, in UTF-8, keeping the line of each entry."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import javaproperties

from app.settings.entries import Entry, Origin
from app.settings.faults import Fault

_SEPARATORS = frozenset({"#---", "!---"})


@dataclass(frozen=True, kw_only=True)
class PropertiesFile:
    """The documents of a file, each a list of entries, parted by `#---`."""

    documents: tuple[tuple[Entry, ...], ...] = ()
    faults: tuple[Fault, ...] = ()
    notices: tuple[str, ...] = ()


def read_properties(path: Path, *, shown: str) -> PropertiesFile:
    """Reads `path`, called `shown` in messages. Never raises for what the file holds."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return _unreadable(
            Origin(place=shown), f"cannot be read ({error.strerror})", "check the file's rights"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        origin = Origin(place=shown, line=raw.count(b"\n", 0, error.start) + 1)
        return _unreadable(
            origin, "is not UTF-8", r"save the file as UTF-8, or write the character as \uXXXX"
        )
    return parse_properties(text, shown=shown)


def parse_properties(text: str, *, shown: str) -> PropertiesFile:
    """Reads the text of a file that is called `shown` in messages."""
    documents: list[list[Entry]] = [[]]
    faults: list[Fault] = []
    notices: list[str] = []
    for origin, element in _elements(text, shown):
        if isinstance(element, Fault):
            faults.append(element)
        elif isinstance(element, javaproperties.KeyValue):
            documents[-1].append(Entry(key=element.key, value=element.value, origin=origin))
            if _ends_blank(element.source):
                notices.append(f"{element.key} ({origin}) ends with a blank, which belongs to its value")
        elif element.source.rstrip() in _SEPARATORS:
            documents.append([])
    return PropertiesFile(
        documents=tuple(tuple(document) for document in documents),
        faults=tuple(faults),
        notices=tuple(notices),
    )


def _elements(text: str, shown: str) -> Iterator[tuple[Origin, javaproperties.PropertiesElement | Fault]]:
    lines = io.StringIO(text, newline=None)
    elements = javaproperties.parse(lines)
    while True:
        origin = Origin(place=shown, line=lines.getvalue().count("\n", 0, lines.tell()) + 1)
        try:
            yield origin, next(elements)
        except StopIteration:
            return
        except javaproperties.InvalidUEscapeError as error:
            what = f"holds {error.escape!r}, which is no character"
            yield origin, Fault(what=what, remedy=r"write \u and four hexadecimal digits", origin=origin)
            # The parser has read up to the end of the bad entry: a new one goes on behind it.
            elements = javaproperties.parse(lines)


def _ends_blank(source: str) -> bool:
    line = source.rstrip("\r\n")
    content = line.rstrip(" \t\f")
    return content != line and not content.endswith(("\\", "=", ":"))


def _unreadable(origin: Origin, what: str, remedy: str) -> PropertiesFile:
    return PropertiesFile(faults=(Fault(what=what, remedy=remedy, origin=origin),))
