"""Where `.properties` files are looked for, and which of them are there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.settings.entries import Entry
from app.settings.faults import Fault

_OPTIONAL = "optional:"
_FILE = "file:"
_SUFFIX = ".properties"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder that may hold `application.properties`, or one file."""

    path: Path
    is_folder: bool

    def file(self, profile: str | None = None) -> Path:
        """The file for everyone, or the one for `profile`."""
        plain = self.path / f"application{_SUFFIX}" if self.is_folder else self.path
        return plain if profile is None else plain.with_name(f"{plain.stem}-{profile}{_SUFFIX}")


def default_places(cwd: Path, *, fallback: Path) -> tuple[Place, ...]:
    """`./`, `./config/`, `./config/*/`, the last winning; before them `fallback` if neither of the
    first two holds `application.properties`."""
    near = (_folder(cwd), _folder(cwd / "config"))
    below = sorted(path for path in (cwd / "config").glob("*/") if not path.name.startswith("."))
    places = (*near, *map(_folder, below))
    if any(place.file().is_file() for place in near):
        return places
    return (_folder(fallback), *places)


def declared_places(declared: Entry, *, cwd: Path) -> Iterator[Place | Fault]:
    """The places that `declared`, a list, names; a missing one is a fault unless it is optional."""
    for location in declared.value:
        optional = location.startswith(_OPTIONAL)
        written = location.removeprefix(_OPTIONAL).removeprefix(_FILE)
        path = cwd / written.removeprefix("//")
        if written.startswith("classpath:"):
            yield Fault.at(declared, what="names a class path", remedy="name a folder or a file")
        elif written.endswith("/*/"):
            yield from map(_folder, sorted(path.parent.glob("*/")))
        elif written.endswith("/"):
            if path.is_dir():
                yield _folder(path)
            elif not optional:
                yield _missing(declared, location)
        elif path.suffix != _SUFFIX:
            yield Fault.at(
                declared,
                what=f"names {location!r}, which is neither a folder nor a {_SUFFIX} file",
                remedy="end the name of a folder with /",
            )
        elif path.is_file():
            yield Place(path=path, is_folder=False)
        elif not optional:
            yield _missing(declared, location)


def _folder(path: Path) -> Place:
    return Place(path=path, is_folder=True)


def _missing(declared: Entry, location: str) -> Fault:
    return Fault.at(
        declared,
        what=f"names {location!r}, which is not there",
        remedy=f"make it, or write {_OPTIONAL}{location}",
    )
