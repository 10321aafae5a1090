"""Turns what one source says, entry by entry, into one layer: lists put together, doubles refused."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.settings.entries import Entry, Layer
from app.settings.faults import Fault
from app.settings.names import split_index, uniform


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was read from one source, what is wrong with it, and what is only worth a word."""

    layer: Layer
    faults: tuple[Fault, ...] = ()
    notices: tuple[str, ...] = ()


def collect(entries: Iterable[Entry]) -> Reading:
    """One layer of `entries`, which all come from one source, so that no key may be set twice."""
    single: dict[str, Entry] = {}
    listed: dict[str, dict[int, Entry]] = {}
    faults: list[Fault] = []
    for entry in entries:
        name, index = split_index(entry.key)
        if index is None:
            first = single.setdefault(uniform(name), entry)
        else:
            first = listed.setdefault(uniform(name), {}).setdefault(index, entry)
        if first is not entry:
            faults.append(_set_twice(entry, first))
    for spelling, items in listed.items():
        if (whole := single.get(spelling)) is not None:
            faults.append(_set_twice(next(iter(items.values())), whole))
        elif sorted(items) != list(range(len(items))):
            faults.append(_gap(items))
        else:
            single[spelling] = _as_list(items)
    return Reading(layer=single, faults=tuple(faults))


def _as_list(items: dict[int, Entry]) -> Entry:
    ordered = [items[index] for index in sorted(items)]
    name, _ = split_index(ordered[0].key)
    return Entry(key=name, value=tuple(item.text for item in ordered), origin=ordered[0].origin)


def _set_twice(entry: Entry, first: Entry) -> Fault:
    return Fault.at(
        entry,
        what=f"is set twice, first as {first.key} ({first.origin})",
        remedy="take one of the two away",
    )


def _gap(items: dict[int, Entry]) -> Fault:
    last = items[max(items)]
    return Fault.at(
        last,
        what="belongs to a list whose indexes have a gap",
        remedy="number the elements from 0 without a gap",
    )
