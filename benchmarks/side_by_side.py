"""Several ways to do the same work, in turns in the same minutes, so that a busy machine hits all alike."""

import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

ITEMS_A_SECOND = "items/s"
LEAST_ROUNDS = 3
ENOUGH_SECONDS = 100.0
"""No round begins after these, once there are enough for a median."""

Figures = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to do the work: its name in the tables, and what does it once.

    `measure` answers figures by name, the same names each time, and raises if the work went wrong.
    """

    name: str
    measure: Callable[[], Figures]


@dataclass(frozen=True, kw_only=True)
class Round:
    """The figures of each way, by its name, and the machine's load average when the round began."""

    figures: Mapping[str, Figures]
    load: float


def timed(name: str, run: Callable[[], object], *, items: int) -> Way:
    """A way whose figure is how many of its items are done in a second of the wall's time."""

    def measure() -> Figures:
        started = time.perf_counter()
        run()
        return {ITEMS_A_SECOND: items / (time.perf_counter() - started)}

    return Way(name=name, measure=measure)


def self_timed(name: str, run: Callable[[], object], *, items: int) -> Way:
    """The same for work that answers how many seconds it took, because only it can tell when it was over."""

    def measure() -> Figures:
        seconds = run()
        if not isinstance(seconds, float):
            raise TypeError(f"{name} did not say how long it took")
        return {ITEMS_A_SECOND: items / seconds}

    return Way(name=name, measure=measure)


def run_in_turns(
    ways: Sequence[Way], *, rounds: int, clock: Callable[[], float] = time.monotonic
) -> list[Round]:
    """Run each once a round; another one begins each round. On a slow day there are fewer rounds."""
    done: list[Round] = []
    began = clock()
    while len(done) < rounds and (len(done) < LEAST_ROUNDS or clock() - began < ENOUGH_SECONDS):
        load = os.getloadavg()[0]
        first = len(done) % len(ways)
        measured = {way.name: _told(way, number=len(done) + 1) for way in (*ways[first:], *ways[:first])}
        done.append(Round(figures={way.name: measured[way.name] for way in ways}, load=load))
    return done


def _told(way: Way, *, number: int) -> Figures:
    """Its figures, said on stderr as they come: a run that is broken off has not been for nothing."""
    figures = way.measure()
    said = ", ".join(f"{value:.4g} {figure}" for figure, value in figures.items())
    print(f"round {number}: {way.name}: {said}", file=sys.stderr, flush=True)
    return figures


def machine() -> str:
    """This machine in a few words."""
    python = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {python}"
