"""The source that hands Spring's layers of settings to pydantic-settings."""

from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from app.settings.catalogue import Key


class SpringSource(PydanticBaseSettingsSource):
    """Gives the values found for the keys of a model, nested as its fields are.

    An empty value of a key that is not text is left out: as in Spring, it means the default.
    """

    def __init__(
        self, settings_cls: type[BaseSettings], *, values: Mapping[Key, str | tuple[str, ...]]
    ) -> None:
        super().__init__(settings_cls)
        self._tree: dict[str, Any] = {}
        for key, value in values.items():
            if value == "" and not key.is_text:
                continue
            branch = self._tree
            for name in key.path[:-1]:
                branch = branch.setdefault(name, {})
            branch[key.path[-1]] = value

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """The values below one top field."""
        return self._tree.get(field_name), field_name, True

    def __call__(self) -> dict[str, Any]:
        return self._tree
