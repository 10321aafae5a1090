"""2,000 Python items that burn 10 ms of CPU each, against two bare processes that run the same loop."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from benchmarks.companions import companion
from benchmarks.embedded_system import embedded_system, ours
from benchmarks.item_files import item_file, scratch
from benchmarks.judging import Bar, report
from benchmarks.peers.bare_loop import loaded
from benchmarks.side_by_side import run_in_turns, timed

ROUNDS = 3
ITEMS = 2_000
PROCESSES = 2
CPU_SECONDS = 0.010
TRIALS = 7

OURS = "fanfold run --lang python"
BARE = "two bare processes"

BARS = (Bar(ours=OURS, theirs=BARE, least=0.97),)


def compare() -> bool:
    """The system as it comes; both sides run the same source. Whether the bar was held."""
    function = _burning()
    command = (sys.executable, "-m", "benchmarks.peers.bare_loop", function)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        system = stack.enter_context(embedded_system())
        bare = [stack.enter_context(companion(command, folder=folder)) for _ in range(PROCESSES)]

        def run_bare() -> None:
            for process in bare:
                process.begin("run", ITEMS // PROCESSES)
            for process in bare:
                process.answer()

        items = item_file(folder, count=ITEMS)
        ways = [
            ours(OURS, system, items=items, function=function, language="python"),
            timed(BARE, run_bare, items=ITEMS),
        ]
        rounds = run_in_turns(ways, rounds=ROUNDS)
    work = f"{ITEMS:,} items a run, {CPU_SECONDS * 1e3:.0f} ms of CPU each"
    return report("busy_python", work=work, rounds=rounds, bars=BARS)


def _burning() -> str:
    """A function that burns so much on this machine, always by the same number of steps."""
    steps = 100_000
    seconds = min(_cpu_seconds(loaded(_source(steps))) for _ in range(TRIALS))
    return _source(round(steps * CPU_SECONDS / seconds))


def _source(steps: int) -> str:
    return (
        "def run(item):\n"
        "    total = 0\n"
        f"    for number in range({steps}):\n"
        "        total += number * number\n"
        "    return total\n"
    )


def _cpu_seconds(run: Callable[[str], object]) -> float:
    started = time.process_time()
    run("0")
    return time.process_time() - started
