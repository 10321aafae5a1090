"""Memory of running processes and of what they start: what they have, and the most they had meanwhile."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

MIB = 1 << 20
_PROC = Path("/proc")
_FORGET_PEAK = "5"


class PeakWatch:
    """The memory of processes and their descendants from now on. Raises PermissionError for others' ones."""

    def __init__(self, roots: Iterable[int]) -> None:
        self._roots = tuple(roots)
        self._before: Mapping[int, int] = {}
        self.restart()

    def restart(self) -> None:
        """Forget the peaks so far."""
        for pid in family(self._roots):
            (_PROC / str(pid) / "clear_refs").write_text(_FORGET_PEAK)
        self._before = {pid: _bytes(pid, "VmRSS") for pid in family(self._roots)}

    def growth_bytes(self) -> int:
        """How far each process was above where it was then, at its own worst moment; all added up.

        One that has begun since counts in full.
        """
        peaks = {pid: _bytes(pid, "VmHWM") for pid in family(self._roots)}
        return sum(max(0, peak - self._before.get(pid, 0)) for pid, peak in peaks.items())


def family(roots: Iterable[int]) -> Iterator[int]:
    """These processes and all that descend from them."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for folder in _PROC.glob("[0-9]*"):
        children[_parent(folder)].append(int(folder.name))
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children[pid]


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _bytes(pid: int, field: str) -> int:
    """A figure of /proc/PID/status; 0 where the process is gone."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:")), 0)
