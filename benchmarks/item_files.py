"""Files of items, a number a line, on tmpfs where there is one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for what the ways read and write; it goes at the end."""
    where = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="fanfold-bench-", dir=where) as folder:
        yield Path(folder)


def item_file(folder: Path, *, count: int) -> Path:
    """A file of so many items."""
    path = folder / f"items-{count}"
    path.write_text("".join(f"{number}\n" for number in range(count)))
    return path
