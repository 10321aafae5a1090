"""Reads settings from a folder whose files are keys, as Docker and Kubernetes mount secrets."""

from collections.abc import Iterator
from pathlib import Path

from app.settings.collecting import Reading, collect
from app.settings.entries import Entry, Origin
from app.settings.faults import Fault

_OPTIONAL = "optional:"


def read_config_tree(declared: Entry, *, cwd: Path) -> Reading:
    """The settings below the folder that `declared` names; folders in it are the elements of a key.

    A file's last line end does not belong to its value. Names that begin with a dot are passed over:
    Kubernetes keeps its bookkeeping there.
    """
    folder = declared.text
    root = cwd / folder.removeprefix(_OPTIONAL)
    if not root.is_dir():
        if folder.startswith(_OPTIONAL):
            return Reading(layer={})
        fault = Fault.at(
            declared, what="names no folder", remedy=f"make the folder, or write {_OPTIONAL}{folder}"
        )
        return Reading(layer={}, faults=(fault,))
    found = [_read(path, root) for path in _files(root)]
    reading = collect(entry for entry in found if isinstance(entry, Entry))
    unread = tuple(entry for entry in found if isinstance(entry, Fault))
    return Reading(layer=reading.layer, faults=(*unread, *reading.faults))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _read(path: Path, root: Path) -> Entry | Fault:
    key = ".".join(path.relative_to(root).parts)
    origin = Origin(place=str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        return Fault(
            key=key,
            origin=origin,
            what=f"cannot be read ({reason})",
            remedy="make it a text file that this user may read",
        )
    return Entry(key=key, value=text.removesuffix("\n").removesuffix("\r"), origin=origin)
