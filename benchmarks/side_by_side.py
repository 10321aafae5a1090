"""Two ways to do the same work, run in turns in the same minutes, so that a busy machine hits both alike."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to do the work: its name in the table, and what does it once, failing if it went wrong."""

    name: str
    run: Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One run of each, and the machine's load average of the last minute when the pair began."""

    ours_seconds: float
    theirs_seconds: float
    load: float

    @property
    def ratio(self) -> float:
        """How many times as fast as theirs ours was."""
        return self.theirs_seconds / self.ours_seconds


def run_in_turns(*, ours: Way, theirs: Way, pairs: int) -> list[Pair]:
    """Run both so many times, the one that begins changing from pair to pair."""
    done = []
    for number in range(pairs):
        load = os.getloadavg()[0]
        first, second = (ours, theirs) if number % 2 == 0 else (theirs, ours)
        seconds = {way.name: _seconds(way) for way in (first, second)}
        done.append(Pair(ours_seconds=seconds[ours.name], theirs_seconds=seconds[theirs.name], load=load))
    return done


def report(title: str, *, ours: Way, theirs: Way, items: int, pairs: list[Pair], bar: float) -> bool:
    """Print the pairs as a Markdown table and the ratios' spread; answers if the median holds the bar."""
    print(f"### {title}\n")
    print(f"{machine()}; {items:,} items a run; ratio: how many times as fast as `{theirs.name}`\n")
    print(f"| pair | load | `{ours.name}` items/s | `{theirs.name}` items/s | ratio |")
    print("|---:|---:|---:|---:|---:|")
    for number, pair in enumerate(pairs, start=1):
        print(
            f"| {number} | {pair.load:.1f} | {items / pair.ours_seconds:,.0f} "
            f"| {items / pair.theirs_seconds:,.0f} | {pair.ratio:.2f} |"
        )
    ratios = [pair.ratio for pair in pairs]
    median = statistics.median(ratios)
    held = median >= bar
    print(
        f"\nratio min {min(ratios):.2f}, median {median:.2f}, max {max(ratios):.2f}; "
        f"bar {bar:g}: {'held' if held else 'MISSED'}\n",
        flush=True,
    )
    return held


def machine() -> str:
    """This machine in a few words."""
    python = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {python}"


def _seconds(way: Way) -> float:
    started = time.perf_counter()
    way.run()
    return time.perf_counter() - started
