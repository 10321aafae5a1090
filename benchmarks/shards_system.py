"""Workers of an embedded system that come and go, and what its processes cost."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.embedded_system import FANFOLD, System
from fanfold.client import Client

JOIN_SECONDS = 60.0
LOOK_SECONDS = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")


def wait_for_workers(client: Client, count: int) -> list[str]:
    """The ids of the workers, once so many take work. Raises RuntimeError after a minute."""
    until = time.monotonic() + JOIN_SECONDS
    while len(names := sorted(node.node_id for node in client.nodes() if node.room)) < count:
        if time.monotonic() > until:
            raise RuntimeError(f"{len(names)} workers of {count} have come")
        time.sleep(LOOK_SECONDS)
    return names


@contextmanager
def joined_worker(system: System, *, slots: int) -> Iterator[subprocess.Popen[bytes]]:
    """One more worker, which nobody starts again; it is killed at the end if it still runs."""
    command = [*FANFOLD, "worker", "--data-dir", str(system.state.root), "--slots", str(slots)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            _kill(process.pid)


def killed(process: subprocess.Popen[bytes], seconds: float) -> None:
    """After so many seconds, with all that it has started."""
    time.sleep(seconds)
    _kill(process.pid)


def _kill(pid: int) -> None:
    for each in reversed(tree_of(pid)):
        try:
            os.kill(each, 9)
        except ProcessLookupError:
            continue


def tree_of(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []
    return [pid, *(each for child in children for each in tree_of(int(child)))]


def cpu_seconds(pid: int) -> float:
    """What a process has used; 0 where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:
        print(f"benchmarks: process {pid} has ended", file=sys.stderr)
        return 0.0
    return sum(int(field) for field in fields[11:13]) / _TICKS
