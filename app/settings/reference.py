"""Writes what is made from the model: `config/application.properties` and the reference page."""

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from app.settings.catalogue import Catalogue, Key
from app.settings.model import Settings
from app.settings.names import environment_names

_PAGE = Path("docs/reference/configuration.md")
_FILE = Path("config/application.properties")
_MARK = "<!-- What follows is made from the code by `make docs`. -->\n"


def properties_text() -> str:
    """Every key that a file may set, a comment line above each."""
    groups = [_properties_of(keys) for _, keys in _grouped(key for key in _keys() if key.in_files)]
    return "\n".join(groups)


def page_text(page: str) -> str:
    """The reference page `page`, with a new table for each group of keys below its mark."""
    tables = [_table_of(name, keys) for name, keys in _grouped(_keys())]
    return "\n".join((page.partition(_MARK)[0] + _MARK, *tables))


def write(root: Path) -> None:
    """Writes both below `root`, the project's folder."""
    page = (root / _PAGE).read_text(encoding="utf-8")
    (root / _FILE).write_text(properties_text(), encoding="utf-8")
    (root / _PAGE).write_text(page_text(page), encoding="utf-8")


def _keys() -> tuple[Key, ...]:
    return Catalogue.of(Settings).keys


def _grouped(keys: Iterable[Key]) -> Iterator[tuple[str, list[Key]]]:
    for name, group in groupby(keys, key=_group_of):
        yield name, list(group)


def _group_of(key: Key) -> str:
    first, second, *_ = key.name.split(".")
    return f"{first}.{second}" if first in {"fanfold", "spring"} else first


def _properties_of(keys: Iterable[Key]) -> str:
    return "".join(f"# {key.field.description}\n{key.name}={key.default}\n" for key in keys)


def _table_of(name: str, keys: Iterable[Key]) -> str:
    rows = "".join(_row(key) for key in keys)
    return (
        f"## {name}\n\n| key, environment variable | default | meaning | write |\n|---|---|---|---|\n{rows}"
    )


def _row(key: Key) -> str:
    default = f"`{key.default}`" if key.default else "(empty)"
    write, _, _ = key.accepts.partition(" (")
    spellings = f"`{key.name}`<br>`{environment_names(key.name)[0]}`"
    return f"| {spellings} | {default} | {key.field.description} | {write} |\n"


if __name__ == "__main__":
    write(Path(*sys.argv[1:]))
