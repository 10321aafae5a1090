"""`fanfold demo`: shows what it says it shows, and leaves nothing behind, however it ends."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fanfold.embedded.jars import cache_folder
from fanfold.embedded.ports import free_port, is_free
from fanfold.embedded.probes import http_ready
from tests.e2e.pseudo_terminal import PseudoTerminal
from tests.e2e.shell_session import outside_environment
from tests.integration.systems import processes_about
from tests.servers import wait_until

UP_SECONDS = 240
STOP_SECONDS = 90

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Place:
    """Where a demo runs: four folders below one, all empty before."""

    root: Path
    port: int

    @property
    def folder(self) -> Path:
        return self.root / "folder"

    @property
    def command(self) -> list[str]:
        return [str(Path(sys.executable).with_name("fanfold")), "demo", "--port", str(self.port)]

    @property
    def environment(self) -> dict[str, str]:
        """Its user's environment, in which programs of ours are found first."""
        outside = outside_environment(
            HOME=str(self.root / "home"),
            XDG_CACHE_HOME=str(cache_folder().parent),
            TMPDIR=str(self.root / "temporary"),
        )
        return outside | {"PATH": f"{self.root / 'tools'}{os.pathsep}{outside['PATH']}"}

    def replace_program(self, name: str, *, script: str) -> None:
        """Let the example find this shell script in the place of a program."""
        program = self.root / "tools" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def check_nothing_left(self) -> None:
        """No process, no port, and no file outside the data folder."""
        wait_until(
            lambda: not processes_about(self.root), seconds=2, state=lambda: processes_about(self.root)
        )
        assert is_free(self.port)
        left = [path for name in ("folder", "home", "temporary") for path in (self.root / name).iterdir()]
        assert left == [self.folder / ".fanfold"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for name in ("folder", "home", "temporary", "tools"):
        (tmp_path / name).mkdir()
    return Place(tmp_path, free_port())


def test_without_a_terminal_it_shows_checked_sums_and_stops(place: Place) -> None:
    done = subprocess.run(
        place.command,
        cwd=place.folder,
        env=place.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=UP_SECONDS,
    )

    assert done.returncode == 0, done
    first, *_, last = done.stdout.splitlines()
    assert first == f"ready http://127.0.0.1:{place.port}"
    assert re.fullmatch(r"checksums: \d+ files in [\d.]+ s, every sum right by sha256sum -c", last)
    place.check_nothing_left()


def test_on_a_terminal_it_stays_until_ctrl_c_and_ends_with_the_examples_status(place: Place) -> None:
    place.replace_program("mktemp", script="exit 7")
    url = f"http://127.0.0.1:{place.port}"
    with _on_a_terminal(place) as terminal:
        terminal.await_text(f"The system stays up at {url} until Ctrl-C", seconds=UP_SECONDS)
        terminal.await_text(f"fanfold run --url {url} ", seconds=10)
        assert f"ready {url}" in terminal.text
        assert terminal.status() is None
        assert http_ready(place.port)

        terminal.type(b"\x03")

        assert terminal.await_end(seconds=STOP_SECONDS) == 7
    place.check_nothing_left()


@contextmanager
def _on_a_terminal(place: Place) -> Iterator[PseudoTerminal]:
    terminal = PseudoTerminal(place.command, folder=place.folder, environment=place.environment)
    try:
        yield terminal
    finally:
        terminal.close()
