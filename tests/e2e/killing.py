"""Killing parts of a running system, and waiting for what replaces them."""

import os
import signal

from tests.integration.systems import System
from tests.servers import wait_until

BACK_SECONDS = 60


def kill(system: System, name: str) -> int:
    """kill -9 of the part of this name; its process id."""
    pid = system.pid(name)
    assert pid, f"{name} does not run"
    os.kill(pid, signal.SIGKILL)
    return pid


def await_back(system: System, name: str, *, killed: int) -> None:
    """Its supervisor has started it again."""
    wait_until(
        lambda: system.pid(name) not in (0, killed), seconds=BACK_SECONDS, state=lambda: system.pid(name)
    )


def await_workers(system: System, count: int) -> None:
    wait_until(lambda: len(system.nodes()) >= count, seconds=BACK_SECONDS, state=system.nodes)
