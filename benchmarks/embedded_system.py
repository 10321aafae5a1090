"""A whole embedded system in a folder that goes with it, started as users start it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fanfold.embedded.ports import free_port

FANFOLD = (sys.executable, "-m", "fanfold")


@contextmanager
def embedded_system(*, workers: int, slots: int) -> Iterator[str]:
    """Bring one up with nothing but these two set; gives its URL, and takes it down at the end."""
    with tempfile.TemporaryDirectory(prefix="fanfold-bench-") as folder:
        port = free_port()
        place = ("--data-dir", str(Path(folder) / "data"))
        size = ("--workers", str(workers), "--slots", str(slots), "--port", str(port))
        subprocess.run([*FANFOLD, "up", "--detach", *size, *place], check=True, stdout=subprocess.DEVNULL)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            subprocess.run([*FANFOLD, "down", *place], check=True, stderr=subprocess.DEVNULL)
