"""One slot against `xargs -P1 -n1 bash -c :`: no-op items with captured output, interleaved in one run.

Prints for each kind of function the items a second, the median of the ratios to xargs in the same
round, and the CPU time that the worker's own process needs for an item. Quote the ratios: machines differ.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from app.models.result import ItemResult
from app.models.task import Language
from worker.runners.enclosure.launcher import Launcher
from worker.runners.environment import item_environment
from worker.runners.factory import make_runner
from worker.runners.ports import Function, Item, Runner, SlotContext

ROUNDS = 7
XARGS_ITEMS = 300


class Kind(NamedTuple):
    """A function to measure; `bar` is the least median ratio to xargs."""

    name: str
    language: Language
    source: str
    items: int
    bar: float


KINDS = (
    Kind("bash", Language.BASH, ":", 600, 2.0),
    Kind("bash, output", Language.BASH, 'echo "$1"; echo "$1" >&2', 600, 1.8),
    Kind("sh", Language.SH, ":", 1_200, 3.0),
    Kind("#! program", Language.BASH, "#!/bin/sh\n:", 400, 1.2),
    Kind("python", Language.PYTHON, "def run(item): return None", 100_000, 80.0),
)


class Measure(NamedTuple):
    seconds_an_item: float
    own_seconds_an_item: float


def measure(runner: Runner, *, count: int) -> Measure:
    """Run no-op items and see that each has succeeded."""
    items = [Item(index=index, text=str(index)) for index in range(count)]
    results: list[ItemResult] = []
    started, own = time.perf_counter(), time.thread_time()
    runner.run(items, on_results=results.extend)
    elapsed, own = time.perf_counter() - started, time.thread_time() - own
    if len(results) != count or not all(each.outcome.is_success for each in results):
        sys.exit("items have failed")
    return Measure(elapsed / count, own / count)


def xargs_seconds_an_item() -> float:
    """The yardstick: a bash for each item, nothing captured."""
    lines = "".join(f"{number}\n" for number in range(XARGS_ITEMS))
    started = time.perf_counter()
    subprocess.run(["xargs", "-P1", "-n1", "bash", "-c", ":"], input=lines.encode(), check=True)
    return (time.perf_counter() - started) / XARGS_ITEMS


def report(kind: Kind, *, measures: Sequence[Measure], yardsticks: Sequence[float]) -> bool:
    """Print the line of one kind; whether its bar was held."""
    ratios = [yard / each.seconds_an_item for each, yard in zip(measures, yardsticks, strict=True)]
    rate = 1 / statistics.median(each.seconds_an_item for each in measures)
    own = statistics.median(each.own_seconds_an_item for each in measures) * 1e6
    spread = f"{min(ratios):.2f}..{max(ratios):.2f}"
    ratio = statistics.median(ratios)
    held = ratio >= kind.bar
    print(
        f"{kind.name:14} {rate:>9,.0f} items/s   {ratio:6.2f} x xargs ({spread})"
        f"   worker's own CPU {own:4.1f} us/item   {'' if held else 'below '}bar {kind.bar}"
    )
    return held


def compare() -> bool:
    """Measure every kind; whether all bars were held."""
    held = True
    with Launcher() as launcher:
        context = SlotContext(
            slot=0,
            worker_id="benchmark",
            work_dir=Path.cwd(),
            environment=item_environment(os.environ),
            launcher=launcher,
        )
        print(f"1 slot, enclosure {launcher.enclosure}, {ROUNDS} rounds, load {os.getloadavg()[0]:.1f}")
        for kind in KINDS:
            function = Function(task_id="benchmark", language=kind.language, source=kind.source)
            with closing(make_runner(function, context=context)) as runner:
                measure(runner, count=20)
                pairs = [(measure(runner, count=kind.items), xargs_seconds_an_item()) for _ in range(ROUNDS)]
            measures, yardsticks = zip(*pairs, strict=True)
            held = report(kind, measures=measures, yardsticks=yardsticks) and held
    return held


if __name__ == "__main__":
    sys.exit(0 if compare() else 1)
