"""A worker's scratch folder: in memory where there is some, locked while anybody of the worker lives."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "fanfold-slots-"


def default_parent() -> Path:
    """Memory where the machine has it, or else the folder for temporary files."""
    memory = Path("/dev/shm")  # noqa: S108 - folders in it are made with random names and mode 0700
    return memory if os.access(memory, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def make(parent: Path) -> tuple[Path, int]:
    """A new folder and a descriptor that locks it, for as long as anybody holds it."""
    made = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}", dir=parent))
    hold = os.open(made, os.O_RDONLY)
    fcntl.flock(hold, fcntl.LOCK_EX)
    return made.rename(parent / made.name.removeprefix(".")), hold


def remove_abandoned(parent: Path) -> None:
    """Remove the folders of workers that died together with their helper: nobody locks those."""
    for each in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            descriptor = os.open(each, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(each, ignore_errors=True)
            finally:
                os.close(descriptor)
