"""One written setting and where it was written, and layers of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a setting was written: a file and line, or the name of what else holds it."""

    place: str
    line: int | None = None

    def __str__(self) -> str:
        return self.place if self.line is None else f"{self.place}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key as it was written, and its text; a list written by indexes is a tuple of texts."""

    key: str
    value: str | tuple[str, ...]
    origin: Origin

    @property
    def text(self) -> str:
        return self.value if isinstance(self.value, str) else ",".join(self.value)


Layer = Mapping[str, Entry]
"""Entries of one source, by the uniform spelling of their keys."""


@dataclass(frozen=True, kw_only=True)
class Layers:
    """All that was written, each tuple from the weakest layer to the strongest.

    `low` is files and the configuration tree; the environment lies between `low` and `high`, which
    is SPRING_APPLICATION_JSON and the arguments.
    """

    low: tuple[Layer, ...] = ()
    environment: Layer = field(default_factory=dict)
    high: tuple[Layer, ...] = ()

    def in_order(self) -> tuple[Layer, ...]:
        """Every layer, the strongest last."""
        return (*self.low, self.environment, *self.high)

    def effective(self) -> dict[str, Entry]:
        """What wins for each key."""
        winners: dict[str, Entry] = {}
        for layer in self.in_order():
            winners.update(layer)
        return winners
