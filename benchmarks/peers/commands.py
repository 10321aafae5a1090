"""Peers that are one command over a file of items."""

import os
import subprocess
from pathlib import Path

from benchmarks.side_by_side import Way, timed


def xargs(name: str, *program: str, items: Path) -> Way:
    """Two processes at a time, an item each; nothing is captured."""
    return _command(name, "xargs", "-a", str(items), "-P2", "-n1", *program, items=items)


def parallel(name: str, template: str, *, items: Path) -> Way:
    """GNU parallel with two jobs; it runs a bash an item and captures both outputs."""
    return _command(name, "parallel", "--will-cite", "-j2", "-a", str(items), template, items=items)


def _command(name: str, *command: str, items: Path) -> Way:
    # parallel takes the shell of each job from here, and keeps its own files in HOME.
    environment = os.environ | {"PARALLEL_SHELL": "/bin/bash", "HOME": str(items.parent)}

    def run() -> None:
        subprocess.run(
            command, check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    return timed(name, run, items=items.read_bytes().count(b"\n"))
