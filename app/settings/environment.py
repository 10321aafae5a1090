"""Reads settings from environment variables, as Spring names them."""

import difflib
from collections.abc import Iterator, Mapping

from app.settings.catalogue import OWN_PREFIXES, Catalogue, Key
from app.settings.collecting import Reading
from app.settings.entries import Entry, Origin
from app.settings.faults import Fault
from app.settings.names import environment_names, other_names, uniform

_NEAR = 0.9
"""How like a known name a variable must be to be taken for a slip of it (0 to 1)."""


def read_environment(environ: Mapping[str, str], *, catalogue: Catalogue) -> Reading:
    """The settings in `environ`. Variables of others are left alone, near misses of ours are faults."""
    layer: dict[str, Entry] = {}
    for key in catalogue.keys:
        if (entry := _entry_of(key, environ)) is not None:
            layer[uniform(key.name)] = entry
    return Reading(layer=layer, faults=tuple(_near_misses(environ, catalogue)))


def _entry_of(key: Key, environ: Mapping[str, str]) -> Entry | None:
    for spelling in (key.name, *other_names(key.name)):
        for name in environment_names(spelling):
            if name in environ:
                return Entry(key=spelling, value=environ[name], origin=_variable(name))
            if f"{name}_0" in environ:
                elements = tuple(_elements(name, environ))
                return Entry(key=spelling, value=elements, origin=_variable(f"{name}_0"))
    return None


def _elements(name: str, environ: Mapping[str, str]) -> Iterator[str]:
    index = 0
    while (element := environ.get(f"{name}_{index}")) is not None:
        yield element
        index += 1


def _near_misses(environ: Mapping[str, str], catalogue: Catalogue) -> Iterator[Fault]:
    known = {
        name
        for key in catalogue.keys
        for each in (key.name, *other_names(key.name))
        for name in environment_names(each)
    }
    upper = sorted(name for name in known if name.isupper())
    for name in sorted(environ):
        ours = name.lower().startswith(tuple(f"{prefix}_" for prefix in OWN_PREFIXES))
        if not ours or name in known or name.rstrip("0123456789").rstrip("_") in known:
            continue
        if near := difflib.get_close_matches(name.upper(), upper, n=1, cutoff=_NEAR):
            entry = Entry(key=name, value=environ[name], origin=_variable(name))
            yield Fault.at(entry, what="is not a known key", remedy=f"did you mean {near[0]}?")


def _variable(name: str) -> Origin:
    return Origin(place=f"environment variable {name}")
