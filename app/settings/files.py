"""Reads the `.properties` files of all places: plain ones first, then those of the active profiles."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.settings.catalogue import Catalogue
from app.settings.collecting import collect
from app.settings.entries import Entry, Layer
from app.settings.faults import Fault
from app.settings.names import uniform
from app.settings.places import Place
from app.settings.profiles import ON_PROFILE, is_for
from app.settings.properties_file import PropertiesFile, read_properties

_ON_PROFILE = uniform(ON_PROFILE)
_ACTIVE = uniform("spring.profiles.active")


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document of a file, and the condition on profiles that it opens with."""

    layer: Layer
    condition: Entry | None


@dataclass(frozen=True, kw_only=True)
class FilesReading:
    """The documents of several files in order, and what is wrong with the files."""

    documents: tuple[Document, ...]
    faults: tuple[Fault, ...]
    notices: tuple[str, ...]


def read_plain(places: Iterable[Place], *, cwd: Path) -> FilesReading:
    """Reads the file of each place that is for everyone."""
    return _read([place.file() for place in places], cwd)


def read_profiles(places: Sequence[Place], *, profiles: Sequence[str], cwd: Path) -> FilesReading:
    """Reads the files of each profile; those of the last profile win, wherever they lie."""
    return _read([place.file(profile) for profile in profiles for place in places], cwd)


def layers_for(
    documents: Iterable[Document], *, active: Sequence[str]
) -> tuple[tuple[Layer, ...], tuple[Fault, ...]]:
    """The documents that are for the active profiles, and the conditions that cannot be read."""
    layers: list[Layer] = []
    faults: list[Fault] = []
    for document in documents:
        if document.condition is None:
            layers.append(document.layer)
            continue
        try:
            if is_for(document.condition.text, active=active):
                layers.append(document.layer)
        except ValueError as error:
            remedy = "write names of profiles joined by !, & or |"
            faults.append(Fault.at(document.condition, what=str(error), remedy=remedy))
    return tuple(layers), tuple(faults)


def misplaced(
    plain: Iterable[Document], special: Iterable[Document], *, catalogue: Catalogue
) -> Iterator[Fault]:
    """A fault for each key that no file may set, or none that is for a profile."""
    for document in (*plain, *special):
        for spelling, entry in document.layer.items():
            key = catalogue.by_spelling.get(spelling)
            if key is not None and not key.in_files:
                yield Fault.at(
                    entry,
                    what="says which files are read, so that no file may set it",
                    remedy="set it in the environment or as an argument",
                )
    for document in (*(each for each in plain if each.condition is not None), *special):
        if (chosen := document.layer.get(_ACTIVE)) is not None:
            yield Fault.at(
                chosen,
                what="chooses profiles in what is read for a profile",
                remedy="set it in application.properties, in the environment or as an argument",
            )


def _read(paths: Iterable[Path], cwd: Path) -> FilesReading:
    files = [read_properties(path, shown=_shown(path, cwd)) for path in paths if path.is_file()]
    documents: list[Document] = []
    faults: list[Fault] = []
    for file in files:
        faults.extend(file.faults)
        for entries in file.documents:
            reading = collect(entries)
            faults.extend(reading.faults)
            layer = dict(reading.layer)
            documents.append(Document(condition=layer.pop(_ON_PROFILE, None), layer=layer))
    return FilesReading(documents=tuple(documents), faults=tuple(faults), notices=tuple(_notices(files)))


def _notices(files: Iterable[PropertiesFile]) -> Iterable[str]:
    return (notice for file in files for notice in file.notices)


def _shown(path: Path, cwd: Path) -> str:
    return str(path.relative_to(cwd)) if path.is_relative_to(cwd) else str(path)
