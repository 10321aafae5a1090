"""Several ways to do the same work, in turns in the same minutes, so that a busy machine hits all alike."""

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

ITEMS_A_SECOND = "items/s"

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


def run_in_turns(ways: Sequence[Way], *, rounds: int) -> list[Round]:
    """Run each once a round; another one begins each round."""
    done = []
    for number in range(rounds):
        load = os.getloadavg()[0]
        first = number % len(ways)
        measured = {way.name: way.measure() for way in (*ways[first:], *ways[:first])}
        done.append(Round(figures=measured, load=load))
    return done


def machine() -> str:
    """This machine in a few words."""
    python = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {python}"
