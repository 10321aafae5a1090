"""Who descends from a process, read from /proc."""

import os
import signal
from collections.abc import Collection
from pathlib import Path


def children(pid: int) -> list[int]:
    """The direct children of a process, eldest first; none when it is gone."""
    found: list[int] = []
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return found
    for thread in threads:
        try:
            found += map(int, (thread / "children").read_bytes().split())
        except OSError:
            continue
    return found


def descendants(pid: int) -> list[int]:
    """Everything below a process, parents before their children."""
    found = children(pid)
    for each in found:
        found += children(each)
    return found


def terminate(pids: Collection[int]) -> None:
    """Send SIGTERM, and SIGCONT so that stopped processes get to see it."""
    for each in pids:
        for number in (signal.SIGTERM, signal.SIGCONT):
            try:
                os.kill(each, number)
            except (ProcessLookupError, PermissionError):
                break
