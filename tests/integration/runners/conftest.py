"""A launcher for each enclosure, a folder that items start in, both shells."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.task import Language
from tests.slot_runs import a_context, a_launcher
from worker.runners.enclosure.launcher import Enclosure, Launcher
from worker.runners.ports import SlotContext


@pytest.fixture(scope="session", params=[Enclosure.NAMESPACE, Enclosure.SUBREAPER])
def launcher(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """One for all tests: whatever their items did to it would show in the next."""
    with a_launcher(request.param, scratch=tmp_path_factory.mktemp("scratch")) as launcher:
        yield launcher


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def context(launcher: Launcher, work_dir: Path) -> SlotContext:
    return a_context(launcher, work_dir=work_dir)


@pytest.fixture(params=[Language.BASH, Language.SH])
def shell(request: pytest.FixtureRequest) -> Language:
    language: Language = request.param
    return language
