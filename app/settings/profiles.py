"""Says whether a document of a file is for the active profiles."""

import re
from collections.abc import Collection

ON_PROFILE = "spring.config.activate.on-profile"
DEFAULT_PROFILES = ("default",)

_TOKEN = re.compile(r"\s*([!&|()]|[^\s!&|()]+)")


def is_for(expression: str, *, active: Collection[str]) -> bool:
    """Whether `expression` holds: names joined by `!`, `&`, `|` and brackets; commas part alternatives.

    Raises ValueError when it cannot be read, or mixes `&` and `|` without brackets.
    """
    # All are read, so that a fault in a later one is told whatever the first says.
    alternatives = [_Expression(part, active).holds() for part in expression.split(",")]
    return any(alternatives)


class _Expression:
    """One alternative, read from left to right."""

    def __init__(self, text: str, active: Collection[str]) -> None:
        self._tokens = _TOKEN.findall(text)
        self._active = active

    def holds(self) -> bool:
        value = self._joined()
        if self._tokens:
            raise ValueError(f"has {self._tokens[0]!r} where it should end")
        return value

    def _joined(self) -> bool:
        value = self._single()
        joint = self._tokens[0] if self._tokens and self._tokens[0] in "&|" else None
        while self._tokens and self._tokens[0] in "&|":
            if self._tokens.pop(0) != joint:
                raise ValueError("mixes & and | without brackets")
            right = self._single()
            value = (value and right) if joint == "&" else (value or right)
        return value

    def _single(self) -> bool:
        word = self._tokens.pop(0) if self._tokens else ""
        if word == "!":
            return not self._single()
        if word == "(":
            value = self._joined()
            if not self._tokens or self._tokens.pop(0) != ")":
                raise ValueError("has a bracket that is not closed")
            return value
        if word in {"", "&", "|", ")"}:
            raise ValueError("lacks a profile's name")
        return word in self._active
