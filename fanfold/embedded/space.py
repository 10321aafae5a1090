"""Room on a disk, asked for before something is half written."""

import shutil
from pathlib import Path

from fanfold.embedded.errors import EmbeddedError


def require_space(folder: Path, *, needed_bytes: int) -> None:
    """Nothing, if the disk of this folder has that much room.

    Raises:
        EmbeddedError: it has less; the message says how much.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise EmbeddedError(
            f"the disk of {folder} is full: {free >> 20} MiB are free, {needed_bytes >> 20} MiB are needed"
        )
