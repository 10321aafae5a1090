"""A working folder of a test's own, and ways to write and read settings in it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from app.settings import Settings, UnusableSettings, load_settings


class Folder:
    """A working folder: what is written in it is what `load` and `faults` read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8"))
        return file

    def load(self, *argv: str, environ: Mapping[str, str] | None = None) -> Settings:
        return load_settings(argv, environ=environ or {}, cwd=self.path)

    def faults(self, *argv: str, environ: Mapping[str, str] | None = None) -> Sequence[str]:
        with pytest.raises(UnusableSettings) as caught:
            self.load(*argv, environ=environ)
        return [str(fault) for fault in caught.value.faults]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty working folder."""
    return Folder(tmp_path)
