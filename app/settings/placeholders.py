"""Resolves `${name}` and `${name:default}` in values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.settings.catalogue import Catalogue
from app.settings.entries import Entry, Layers
from app.settings.faults import Fault
from app.settings.names import environment_names, uniform

_OPEN = "${"


class UnresolvedPlaceholder(ValueError):
    """A placeholder stands for nothing, or for itself."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a name in a placeholder stands for, the strongest source first."""

    layers: Layers
    environ: Mapping[str, str]
    catalogue: Catalogue

    def __call__(self, name: str) -> str | None:
        spelling = uniform(name)
        for layer in reversed((self.layers.environment, *self.layers.high)):
            if spelling in layer:
                return layer[spelling].text
        for variable in (name, *environment_names(name)):
            if variable in self.environ:
                return self.environ[variable]
        for layer in reversed(self.layers.low):
            if spelling in layer:
                return layer[spelling].text
        key = self.catalogue.by_spelling.get(spelling)
        return key.default if key is not None else None


def resolve(text: str, *, names: Callable[[str], str | None]) -> str:
    r"""`text` with every placeholder replaced; `\${` gives `${`. Raises UnresolvedPlaceholder."""
    return _resolve(text, names, ())


def resolved(entry: Entry, *, names: Callable[[str], str | None]) -> str | tuple[str, ...]:
    """The value of `entry` with its placeholders resolved. Raises UnresolvedPlaceholder."""
    if isinstance(entry.value, str):
        return resolve(entry.value, names=names)
    return tuple(resolve(element, names=names) for element in entry.value)


def unresolved(entry: Entry, error: UnresolvedPlaceholder) -> Fault:
    """The fault of an entry with a placeholder that stands for nothing."""
    return Fault.at(entry, what=str(error), remedy="set that name, or write ${name:default}")


def _resolve(text: str, names: Callable[[str], str | None], open_names: tuple[str, ...]) -> str:
    done: list[str] = []
    while (start := text.find(_OPEN)) >= 0:
        if start and text[start - 1] == "\\":
            done.append(text[: start - 1] + _OPEN)
            text = text[start + len(_OPEN) :]
            continue
        end = _end_of(text, start + len(_OPEN))
        if end < 0:
            break
        done.append(text[:start] + _value_of(text[start + len(_OPEN) : end], names, open_names))
        text = text[end + 1 :]
    return "".join((*done, text))


def _value_of(inside: str, names: Callable[[str], str | None], open_names: tuple[str, ...]) -> str:
    written, default = _split(inside)
    name = _resolve(written, names, open_names)
    if name in open_names:
        raise UnresolvedPlaceholder(f"holds ${{{name}}}, which stands for itself")
    value = names(name)
    if value is not None:
        return _resolve(value, names, (*open_names, name))
    if default is None:
        raise UnresolvedPlaceholder(f"holds ${{{name}}}, which stands for nothing")
    return _resolve(default, names, open_names)


def _end_of(text: str, start: int) -> int:
    """Where the brace is that closes the one before `start`, or -1."""
    depth = 1
    for position in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return -1


def _split(inside: str) -> tuple[str, str | None]:
    """The name and the default: parted by the first colon outside of inner placeholders."""
    depth = 0
    for position, char in enumerate(inside):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == ":" and depth == 0:
            return inside[:position], inside[position + 1 :]
    return inside, None
