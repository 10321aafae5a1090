"""10,000 bash items that do nothing: the whole system, from command to last result, against xargs."""

import subprocess
import tempfile
from pathlib import Path

from benchmarks.embedded_system import FANFOLD, embedded_system
from benchmarks.side_by_side import Way, report, run_in_turns

ITEMS = 10_000
PAIRS = 3
BAR = 1.5


def compare() -> bool:
    """Two workers of one slot each against two processes of xargs; whether the bar was held."""
    with tempfile.TemporaryDirectory() as folder, embedded_system(workers=2, slots=1) as url:
        items = Path(folder) / "items"
        items.write_text("".join(f"{number}\n" for number in range(ITEMS)))
        run = (*FANFOLD, "run", "--quiet", "--url", url)
        ours = _way("fanfold run :", *run, "-a", str(items), ":")
        theirs = _way("xargs -P2 -n1 bash -c :", "xargs", "-a", str(items), "-P2", "-n1", "bash", "-c", ":")
        subprocess.run([*run, ":", "warm", "up"], check=True)
        pairs = run_in_turns(ours=ours, theirs=theirs, pairs=PAIRS)
    return report("noop_bash", ours=ours, theirs=theirs, items=ITEMS, pairs=pairs, bar=BAR)


def _way(name: str, *command: str) -> Way:
    def run() -> None:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    return Way(name=name, run=run)
