"""Every key that there is, with its default and its meaning: frozen, nested as the keys are."""

from collections.abc import Iterable
from typing import Self

from pydantic import Field, PrivateAttr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.settings.fanfold_keys import FanfoldSettings
from app.settings.system_keys import PubsubSettings, ServerSettings, SpringSettings


class Settings(BaseSettings):
    """The whole configuration; `Settings()` is the defaults, `load_settings` reads the real one."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    server: ServerSettings = Field(default_factory=ServerSettings)
    pubsub: PubsubSettings = Field(default_factory=PubsubSettings)
    spring: SpringSettings = Field(default_factory=SpringSettings)
    fanfold: FanfoldSettings = Field(default_factory=FanfoldSettings)

    _notices: tuple[str, ...] = PrivateAttr(default=())

    @property
    def notices(self) -> tuple[str, ...]:
        """What is not wrong with the configuration, but worth a line in the log."""
        return self._notices

    def with_notices(self, notices: Iterable[str]) -> Self:
        """The same settings with these notices."""
        noticed = self.model_copy()
        noticed._notices = tuple(notices)  # noqa: SLF001 - its own copy, which nobody else has seen
        return noticed

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the name is part of pydantic-settings' call
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Takes values from the caller alone: `load_settings` calls our own source for all the rest."""
        return (init_settings,)
