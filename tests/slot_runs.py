"""Runners at work in tests: real processes, a launcher for each enclosure, results as a list."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.models.result import ItemResult
from app.models.task import Language
from worker.runners.enclosure import process_tree
from worker.runners.enclosure.launcher import Enclosure, Launcher
from worker.runners.environment import item_environment
from worker.runners.factory import make_runner
from worker.runners.ports import Function, Item, Runner, SlotContext


@contextmanager
def a_launcher(enclosure: Enclosure, *, scratch: Path | None = None) -> Iterator[Launcher]:
    """A launcher of this enclosure; skips where the machine does not let us make namespaces."""
    with Launcher(scratch_parent=scratch) as able:
        if enclosure is Enclosure.NAMESPACE and able.enclosure is not Enclosure.NAMESPACE:
            pytest.skip("this user may not make pid namespaces")
    with Launcher(enclosure=enclosure, scratch_parent=scratch) as launcher:
        yield launcher


def a_context(launcher: Launcher, *, work_dir: Path, **changes: Any) -> SlotContext:
    context = SlotContext(
        slot=3,
        worker_id="worker-a",
        work_dir=work_dir,
        environment=item_environment(os.environ),
        launcher=launcher,
        term_grace_seconds=0.3,
    )
    return msgspec.structs.replace(context, **changes)


def a_function(
    source: str, *, language: Language = Language.BASH, timeout_seconds: float | None = None
) -> Function:
    return Function(task_id="task-1", language=language, source=source, timeout_seconds=timeout_seconds)


@contextmanager
def a_runner(function: Function, *, context: SlotContext) -> Iterator[Runner]:
    runner = make_runner(function, context=context)
    try:
        yield runner
    finally:
        runner.close()


def items(*texts: str) -> Sequence[Item]:
    return [Item(index=index, text=text) for index, text in enumerate(texts, start=100)]


def results_of(function: Function, *texts: str, context: SlotContext) -> list[ItemResult]:
    """Run items in one slot; their results in the order they came."""
    found: list[ItemResult] = []
    with a_runner(function, context=context) as runner:
        runner.run(items(*texts), on_results=found.extend)
    return found


def processes_with(word: str) -> list[str]:
    """Command lines of this machine's processes, zombies aside, that hold a word."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in line:
            found.append(f"{folder.name}: {line}")
    return found


def descendants_of(pid: int) -> list[int]:
    return process_tree.descendants(pid)
