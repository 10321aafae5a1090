"""What rendering answers."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """The function's source, ready for workers, and what its author should know about it."""

    source: str
    warnings: tuple[str, ...] = ()
