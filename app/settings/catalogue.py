"""The keys that the model declares, found by any spelling."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ByteSize, SecretStr
from pydantic.fields import FieldInfo

from app.settings.fields import Accepts
from app.settings.names import uniform
from app.settings.units import format_duration, format_size

OWN_PREFIXES = ("server", "pubsub", "spring", "fanfold")


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key: its canonical name, the attributes that lead to it, and what the model says of it."""

    name: str
    path: tuple[str, ...]
    field: FieldInfo

    @property
    def accepts(self) -> str:
        """What may be written for it, as the end of "write ..."."""
        for mark in self.field.metadata:
            if isinstance(mark, Accepts):
                return mark.words
        if get_origin(self.field.annotation) is Literal:
            return " or ".join(get_args(self.field.annotation))
        return "true or false" if self.field.annotation is bool else "text"

    @property
    def default(self) -> str:
        """The default as it would be written in a file."""
        return as_text(self.field.default)

    @property
    def is_text(self) -> bool:
        """Whether an empty value means empty, rather than the default."""
        return self.field.annotation in (str, SecretStr) or get_origin(self.field.annotation) is tuple

    @property
    def in_files(self) -> bool:
        """Whether a file may set it; some keys say which files there are."""
        extra = self.field.json_schema_extra
        return not isinstance(extra, Mapping) or extra.get("files", True) is True


@dataclass(frozen=True)
class Catalogue:
    """All keys, in the order of the model."""

    keys: tuple[Key, ...]

    @classmethod
    def of(cls, model: type[BaseModel]) -> "Catalogue":
        return cls(tuple(_keys_of(model, ())))

    @cached_property
    def by_spelling(self) -> Mapping[str, Key]:
        """Every key, by the uniform spelling of its name."""
        return MappingProxyType({uniform(key.name): key for key in self.keys})

    def nearest(self, spelling: str, *, cutoff: float = 0.6) -> Key | None:
        """The key whose uniform spelling is most like `spelling`, if any is like enough (0 to 1)."""
        near = difflib.get_close_matches(spelling, self.by_spelling, n=1, cutoff=cutoff)
        return self.by_spelling[near[0]] if near else None


def as_text(value: object) -> str:
    """A value of a setting as it is written in a file."""
    match value:
        case bool():
            return str(value).lower()
        case timedelta():
            return format_duration(value)
        case ByteSize():
            return format_size(value)
        case SecretStr():
            return value.get_secret_value()
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


def _keys_of(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        below: Any = field.annotation
        if isinstance(below, type) and issubclass(below, BaseModel):
            yield from _keys_of(below, (*path, name))
        else:
            parts = (*path, name)
            yield Key(name=".".join(parts).replace("_", "-"), path=parts, field=field)
