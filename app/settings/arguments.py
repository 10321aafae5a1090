"""Reads settings from the command line: `--key=value`."""

from collections.abc import Iterator, Sequence

from app.settings.collecting import Reading, collect
from app.settings.entries import Entry, Origin
from app.settings.faults import Fault


def read_arguments(argv: Sequence[str]) -> Reading:
    """The settings in `argv`, which does not hold the program's name."""
    misfits = tuple(_misfit(word) for word in argv if not _is_setting(word))
    reading = collect(_entries(argv))
    return Reading(layer=reading.layer, faults=(*misfits, *reading.faults))


def _is_setting(word: str) -> bool:
    return word.startswith("--") and len(word.partition("=")[0]) > len("--") and "=" in word


def _entries(argv: Sequence[str]) -> Iterator[Entry]:
    for position, word in enumerate(argv, start=1):
        if _is_setting(word):
            key, _, value = word.removeprefix("--").partition("=")
            yield Entry(key=key, value=value, origin=Origin(place=f"argument {position}"))


def _misfit(word: str) -> Fault:
    return Fault(key=word, what="is not a setting", remedy="write --key=value, such as --server.port=30001")
