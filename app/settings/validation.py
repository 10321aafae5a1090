"""Makes Settings out of found values, or tells every fault: unknown keys, wrong values, conflicts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.settings.catalogue import OWN_PREFIXES, Catalogue, Key
from app.settings.checks import conflicts_of
from app.settings.entries import Entry, Layer, Layers
from app.settings.faults import Fault
from app.settings.model import Settings
from app.settings.names import uniform
from app.settings.placeholders import UnresolvedPlaceholder, resolved, unresolved
from app.settings.source import SpringSource

_TOO_SMALL = frozenset({"greater_than", "greater_than_equal"})
_TOO_LARGE = frozenset({"less_than", "less_than_equal"})
_SLIP = 0.85
"""How like a known key one with a foreign first element must be to be taken for a slip (0 to 1)."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was written for a key, and what it says with its placeholders resolved."""

    entry: Entry
    value: str | tuple[str, ...]


def unknown_keys(layers: Layers, *, catalogue: Catalogue) -> Iterator[Fault]:
    """A fault for each key of our own prefixes, and each argument, that the model does not have."""
    arguments: Layer = layers.high[-1] if layers.high else {}
    for layer in layers.in_order():
        for spelling, entry in layer.items():
            if spelling in catalogue.by_spelling:
                continue
            ours = spelling.partition(".")[0] in OWN_PREFIXES or layer is arguments
            near = catalogue.nearest(spelling) if ours else catalogue.nearest(spelling, cutoff=_SLIP)
            if ours or near is not None:
                remedy = f"did you mean {near.name}?" if near else "see docs/reference/configuration.md"
                yield Fault.at(entry, what="is not a known key", remedy=remedy)


def resolved_values(
    layers: Layers, *, catalogue: Catalogue, names: Callable[[str], str | None]
) -> tuple[dict[Key, Found], list[Fault]]:
    """What wins for each key that was written, placeholders resolved."""
    found: dict[Key, Found] = {}
    faults: list[Fault] = []
    for spelling, entry in layers.effective().items():
        key = catalogue.by_spelling.get(spelling)
        if key is None:
            continue
        try:
            found[key] = Found(entry=entry, value=resolved(entry, names=names))
        except UnresolvedPlaceholder as error:
            faults.append(unresolved(entry, error))
    return found, faults


def validated(found: Mapping[Key, Found], *, catalogue: Catalogue) -> tuple[Settings, list[Fault]]:
    """Settings out of `found`, and all faults; where there are some, the settings are of no use."""
    wrong = dict(_wrong_values(found))
    good = {key: each for key, each in found.items() if key not in wrong}
    settings = Settings(**SpringSource(Settings, values={key: each.value for key, each in good.items()})())
    return settings, [
        *wrong.values(),
        *_conflicts(settings, good, frozenset(key.name for key in wrong), catalogue),
    ]


def _wrong_values(found: Mapping[Key, Found]) -> Iterator[tuple[Key, Fault]]:
    source = SpringSource(Settings, values={key: each.value for key, each in found.items()})
    try:
        Settings(**source())
    except ValidationError as error:
        by_path = {key.path: key for key in found}
        for detail in error.errors(include_url=False):
            key = next(key for path, key in by_path.items() if detail["loc"][: len(path)] == path)
            yield key, _wrong_value(key, found[key], detail)


def _wrong_value(key: Key, found: Found, detail: ErrorDetails) -> Fault:
    if detail["type"] == "value_error":
        what = str(detail["ctx"]["error"])
    elif detail["type"] in _TOO_SMALL:
        what = "is too small"
    elif detail["type"] in _TOO_LARGE:
        what = "is too large"
    else:
        what = "does not fit"
    entry = Entry(key=found.entry.key, value=found.value, origin=found.entry.origin)
    return Fault.at(entry, what=what, remedy=f"write {key.accepts}")


def _conflicts(
    settings: Settings, found: Mapping[Key, Found], wrong: frozenset[str], catalogue: Catalogue
) -> Iterator[Fault]:
    for conflict in conflicts_of(settings):
        if wrong.intersection(conflict.keys):
            continue
        first, *others = (catalogue.by_spelling[uniform(name)] for name in conflict.keys)
        causes = [found[key].entry for key in others if key in found]
        because = "".join(f" ({entry.key}={entry.text}, {entry.origin})" for entry in causes)
        what = conflict.what + because
        if first in found:
            yield Fault.at(found[first].entry, what=what, remedy=conflict.remedy)
        else:
            yield Fault(key=first.name, value=first.default, what=what, remedy=conflict.remedy)
