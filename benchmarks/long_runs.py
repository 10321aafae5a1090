"""Tasks of 1,000,000 items and more from accepted to COMPLETED: the rate of short ones, and flat memory.

Bash is broken off after a while; its rate is that of the items done until then.
"""

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.bookkeeping import bookkeeping_bytes
from benchmarks.embedded_system import System, embedded_system
from benchmarks.limits import Measured, report_limits
from benchmarks.memory import MIB, PeakWatch
from fanfold.client import Client

PYTHON = "def run(item): return item"
SHORT, LONG, LONGEST = 300_000, 1_000_000, 10_000_000
SHORT_BASH = 10_000
LEAST_RATIO = 0.9
MOST_BYTES_AN_ITEM = 2
MOST_GROWTH_MIB = 64
PYTHON_SECONDS = 300.0
BASH_SECONDS = 120.0
WARM_SECONDS = 5.0
"""Memory is flat when it does not grow from then on, however long the list."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """How far a task came, and what it left in Redis."""

    items: int
    seconds: float
    bookkeeping: int

    @property
    def rate(self) -> float:
        return self.items / self.seconds


def compare_python() -> bool:
    """Short, long and ranged tasks of python items that do nothing; whether the bars were held."""
    with embedded_system() as system:
        watch = PeakWatch([system.pid("worker-1"), system.pid("worker-2")])
        short = _run(system, map(str, range(SHORT)), language="python", seconds=PYTHON_SECONDS)
        long = _run(system, map(str, range(LONG)), language="python", seconds=PYTHON_SECONDS)
        ranged = _run(system, range(LONGEST), language="python", seconds=PYTHON_SECONDS, watch=watch)
        growth = watch.growth_bytes() / MIB
        again = _run(system, map(str, range(SHORT)), language="python", seconds=PYTHON_SECONDS)
    short_rate = statistics.mean((short.rate, again.rate))
    figures = [
        _rate(f"{SHORT:,} items, before and after the others", short_rate),
        *_figures(f"{LONG:,} items", long, against=short_rate),
        *_figures(f"a range of {LONGEST:,}", ranged, against=long.rate),
        Measured(what="both workers grew, once warm, by", value=growth, unit="MiB", most=MOST_GROWTH_MIB),
    ]
    return report_limits("long_python", work="python items that return what they get", figures=figures)


def compare_bash() -> bool:
    """Short and long tasks of bash items that do nothing; whether the bars were held."""
    with embedded_system() as system:
        items = [str(number) for number in range(SHORT_BASH)]
        shorts = [_run(system, items, language="bash", seconds=BASH_SECONDS).rate for _ in range(2)]
        watch = PeakWatch([system.pid("worker-1"), system.pid("worker-2")])
        long = _run(system, map(str, range(LONG)), language="bash", seconds=BASH_SECONDS, watch=watch)
        growth = watch.growth_bytes() / MIB
        shorts.append(_run(system, items, language="bash", seconds=BASH_SECONDS).rate)
    short_rate = statistics.median(shorts)
    figures = [
        _rate(f"{SHORT_BASH:,} items, twice before and once after", short_rate),
        *_figures(f"{LONG:,} items", long, against=short_rate),
        Measured(what="both workers grew, once warm, by", value=growth, unit="MiB", most=MOST_GROWTH_MIB),
    ]
    return report_limits("long_bash", work="bash items that do nothing", figures=figures)


def _figures(what: str, done: Done, *, against: float) -> list[Measured]:
    return [
        _rate(f"{what}, {done.items:,} of them done", done.rate),
        Measured(
            what=f"{what}: rate against the shorter",
            value=done.rate / against,
            unit="times",
            least=LEAST_RATIO,
        ),
        Measured(
            what=f"{what}: Redis beside compressed inputs and results",
            value=done.bookkeeping / done.items,
            unit="bytes an item",
            most=MOST_BYTES_AN_ITEM,
        ),
    ]


def _rate(what: str, rate: float) -> Measured:
    return Measured(what=what, value=rate, unit="items/s").told()


def _run(
    system: System,
    items: Iterable[str] | range,
    *,
    language: str,
    seconds: float,
    watch: PeakWatch | None = None,
) -> Done:
    """Submit a task and see how far it comes within this time; then it is cancelled.

    The `watch` begins when the task is warm.
    """
    function = PYTHON if language == "python" else ":"
    with Client(system.url) as client:
        task = client.submit(function, items, language=language).task_id
        started = time.perf_counter()
        status = client.status(task)
        while not status.is_over and time.perf_counter() - started < seconds:
            status = client.status(task, wait_seconds=1)
            if watch is not None and time.perf_counter() - started > WARM_SECONDS:
                watch.restart()
                watch = None
        took = time.perf_counter() - started
        done = Done(
            items=status.items_succeeded,
            seconds=took,
            bookkeeping=bookkeeping_bytes(task, redis_port=system.redis_port),
        )
        if status.items_failed:
            raise RuntimeError(f"{status.items_failed:,} items failed")
        if not status.is_over:
            client.cancel(task)
            client.wait(task)
    return done
