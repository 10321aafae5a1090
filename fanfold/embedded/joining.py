"""How a worker process is started for a system: as one of its own, or joining it from elsewhere."""

import os
import secrets
from pathlib import Path

from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.modules import module_command, module_environment
from fanfold.embedded.state import StateFolder


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worker_command(state: StateFolder, *, name: str, slots: int, work_dir: Path) -> tuple[str, ...]:
    """The command line of a worker that belongs to the system in this folder."""
    return module_command(
        "worker",
        f"--fanfold.worker.name={name}",
        f"--fanfold.worker.slots={slots}",
        f"--fanfold.worker.work-dir={work_dir}",
        *state.address_settings(),
    )


def become_worker(state: StateFolder, *, slots: int) -> None:
    """Turn this process into a worker of the running system: it gets the signals, its end is this one's.

    Raises:
        EmbeddedError: no system runs in this folder.
    """
    if state.holder() is None or not state.properties.exists():
        raise EmbeddedError(
            f"no system runs in {state.root}: start one with `fanfold up`, or name its --data-dir"
        )
    name = f"worker-{secrets.token_hex(4)}"
    command = worker_command(state, name=name, slots=slots, work_dir=Path.cwd())
    os.execve(command[0], command, module_environment())  # noqa: S606
