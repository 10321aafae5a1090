"""Whole embedded systems for tests: started by the command line as a user does, looked at from outside."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fanfold.embedded.ports import free_port, is_free
from fanfold.embedded.state import StateFolder
from tests.servers import wait_until

ROOT = Path(__file__).parents[2]
_UP_SECONDS = 240


class System:
    """One embedded system in a folder, and what a test asks about it."""

    def __init__(self, folder: Path, *, port: int) -> None:
        self.folder = folder
        self.port = port
        self.state = StateFolder(root=folder / ".fanfold")

    def fanfold(self, *arguments: str, seconds: float = _UP_SECONDS) -> subprocess.CompletedProcess[str]:
        """Run the command line in the system's folder to its end."""
        return subprocess.run(
            [sys.executable, "-m", "fanfold", *arguments],
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`fanfold up --detach` on the system's port."""
        done = self.fanfold("up", "--detach", "--port", str(self.port), *arguments)
        assert done.returncode == 0, done.stderr
        return done

    def pid(self, name: str) -> int:
        """The process that runs under this name; 0 when none does."""
        path = self.state.pid_file(name)
        text = path.read_text().strip() if path.exists() else ""
        return int(text) if text else 0

    def nodes(self) -> list[str]:
        """The ids of the live workers, as the API tells them."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/schedule/nodes", timeout=5) as answer:
                return [node["nodeId"] for node in json.load(answer)["nodes"]]
        except OSError:
            return []

    def processes(self) -> dict[int, str]:
        """Every process on this machine that has to do with the system's data folder."""
        return processes_about(self.state.root)

    def await_gone(self, *, seconds: float) -> None:
        """Fail if any of its processes is still there, or its port still taken, after this time."""
        wait_until(lambda: not self.processes(), seconds=seconds, state=self.processes)
        wait_until(lambda: is_free(self.port), seconds=seconds)


@contextmanager
def a_system(folder: Path) -> Iterator[System]:
    """A system that is not yet up; at the end nothing of it is left."""
    folder.mkdir(parents=True, exist_ok=True)
    system = System(folder, port=free_port())
    try:
        yield system
    finally:
        if system.state.holder() is not None:
            system.fanfold("down")


def processes_about(path: Path) -> dict[int, str]:
    """Every process on this machine with this path in its command line, environment or current folder."""
    return {pid: text for pid, text in _all_processes() if str(path) in text}


def environment() -> dict[str, str]:
    """This process's environment with the project on the module path."""
    return os.environ | {"PYTHONPATH": str(ROOT)}


def _all_processes() -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                    continue
                parts = [(entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()]
                parts.append(bytes((entry / "cwd").readlink()))
                yield int(entry.name), b" ".join(parts).decode("utf-8", "replace").replace("\0", " ")
