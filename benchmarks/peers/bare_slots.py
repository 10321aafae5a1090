"""Two bare bash slots, each with half of the items and nothing around it."""

import subprocess
from pathlib import Path

from benchmarks.item_files import item_file
from benchmarks.side_by_side import Way, timed

_SCRIPT = Path(__file__).with_name("bare_slot.bash")
_SLOTS = 2


def bare_slots(name: str, *, folder: Path, items: int) -> Way:
    """Both run at once; the time is that of the later one."""
    half = item_file(folder, count=items // _SLOTS)
    places = [folder / f"bare-{number}" for number in range(_SLOTS)]
    for place in places:
        place.mkdir()

    def run() -> None:
        slots = [subprocess.Popen(["bash", _SCRIPT, half, place]) for place in places]
        try:
            statuses = [slot.wait() for slot in slots]
        finally:
            for slot in slots:
                slot.kill()
                slot.wait()
        lines = [line for place in places for line in (place / "status").read_text().splitlines()]
        if any(statuses) or len(lines) != items or not all(line.endswith(" 0") for line in lines):
            raise RuntimeError("the bare slots went wrong")

    return timed(name, run, items=items)
