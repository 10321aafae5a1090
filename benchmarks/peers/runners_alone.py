"""Two of the product's own runners in processes of their own, each with half of the items."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.companions import companion
from benchmarks.side_by_side import Way, timed

_SLOTS = 2


@contextmanager
def runners_alone(name: str, *, folder: Path, items: int, language: str, function: str) -> Iterator[Way]:
    """Both run at once; the time is that of the later one."""
    command = (sys.executable, "-m", "benchmarks.peers.runner_alone", language, function)
    with ExitStack() as stack:
        slots = [stack.enter_context(companion(command, folder=folder)) for _ in range(_SLOTS)]

        def run() -> None:
            for slot in slots:
                slot.begin("run", items // _SLOTS)
            if [slot.answer() for slot in slots] != [items // _SLOTS] * _SLOTS:
                raise RuntimeError("items have failed")

        yield timed(name, run, items=items)
