"""A launcher for each enclosure, a folder that items start in, both shells."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.task import Language
from tests.slot_runs import a_context, a_launcher
from worker.runners.enclosure.launcher import Enclosure, Launcher
from worker.runners.ports import SlotContext


@pytest.fixture(params=[Enclosure.NAMESPACE, Enclosure.SUBREAPER])
def launcher(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Launcher]:
    with a_launcher(request.param, scratch=tmp_path) as launcher:
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
