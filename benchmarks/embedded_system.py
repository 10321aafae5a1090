"""A whole embedded system in a folder that goes with it, started as users start it, and what runs on it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.side_by_side import Way, timed
from fanfold.embedded.ports import free_port
from fanfold.embedded.state import StateFolder

FANFOLD = (sys.executable, "-m", "fanfold")


@dataclass(frozen=True, kw_only=True)
class System:
    """A running one: its port, and the folder where its state lies."""

    port: int
    state: StateFolder

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def redis_port(self) -> int:
        return self.state.ports()["redis"]

    @property
    def kafka(self) -> str:
        return f"127.0.0.1:{self.state.ports()['kafka']}"

    def pid(self, name: str) -> int:
        """The process of a member, such as worker-1."""
        return int(self.state.pid_file(name).read_text())

    def run(self, *arguments: str) -> None:
        """`fanfold run` with these; raises CalledProcessError unless every item succeeded."""
        command = (*FANFOLD, "run", "--quiet", "--url", self.url, *arguments)
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@contextmanager
def embedded_system(*options: str) -> Iterator[System]:
    """Bring one up as it comes, or with these options of `fanfold up`; takes it down at the end."""
    with tempfile.TemporaryDirectory(prefix="fanfold-bench-") as folder:
        system = System(port=free_port(), state=StateFolder(root=Path(folder) / "data"))
        place = ("--data-dir", str(system.state.root))
        up = (*FANFOLD, "up", "--detach", "--port", str(system.port), *options, *place)
        try:
            subprocess.run(up, check=True, stdout=subprocess.DEVNULL)
            system.run(":", "warm", "up")
            yield system
        finally:
            subprocess.run([*FANFOLD, "down", *place], check=False, stderr=subprocess.DEVNULL)


def ours(name: str, system: System, *, items: Path, function: str, language: str = "bash") -> Way:
    """`fanfold run` over a file of items, from the start of the command to the last result printed."""
    count = items.read_bytes().count(b"\n")
    arguments = ("--lang", language, "-a", str(items), function)
    return timed(name, lambda: system.run(*arguments), items=count)
