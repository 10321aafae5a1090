"""Where the CPU goes: what each part of the system spends on an item that does nothing. It has no bar.

CPU time is what a busy machine disturbs least, so this is also the way to see whether a change has helped.
"""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.embedded_system import System, embedded_system
from benchmarks.item_files import item_file, scratch
from benchmarks.side_by_side import machine

PARTS = ("kafka", "redis", "scheduler-1", "worker-1", "worker-2")
COMMAND = "fanfold run"
SLOT = "slot"
ROUNDS = 2
SETTLE_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Work:
    """Items of one kind."""

    language: str
    function: str
    items: int


WORKS = (
    Work(language="bash", function=":", items=10_000),
    Work(language="sh", function=":", items=10_000),
    Work(language="bash", function="#!/bin/dash\n:\n", items=5_000),
    Work(language="python", function="def run(item): return item", items=100_000),
)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """CPU seconds of a process, and those of its children that have ended."""

    parent: int = 0
    name: str = ""
    own: float = 0.0
    children: float = 0.0


def compare() -> bool:
    """Print a table; there is nothing to hold."""
    with scratch() as folder, embedded_system("--workers", "2", "--slots", "1") as system:
        print(f"### cpu_shares\n\n{machine()}; microseconds of CPU an item\n")
        print("| items | load | all | part: microseconds an item |\n|---|---:|---:|---|")
        for work in WORKS:
            for _ in range(ROUNDS):
                _print_row(work, system, items=item_file(folder, count=work.items))
    print(flush=True)
    return True


def _print_row(work: Work, system: System, *, items: Path) -> None:
    load, before, command = os.getloadavg()[0], dict(_processes()), os.times()
    system.run("--lang", work.language, "-a", str(items), work.function)
    ended = os.times()
    time.sleep(SETTLE_SECONDS)
    spent = _by_part(system, before=before, after=dict(_processes()))
    spent[COMMAND] = (
        ended.children_user + ended.children_system - command.children_user - command.children_system
    )
    shares = ((part, seconds / work.items * 1e6) for part, seconds in spent.items())
    told = ", ".join(f"{part} {share:.1f}" for part, share in shares if share >= 1)
    first_line = work.function.splitlines()[0]
    total = sum(spent.values()) / work.items * 1e6
    print(f"| {work.language} `{first_line}` | {load:.1f} | {total:.0f} | {told} |", flush=True)


def _by_part(system: System, *, before: Mapping[int, Spent], after: Mapping[int, Spent]) -> dict[str, float]:
    """CPU seconds between: of each process of the system, and of the items that slots have seen end."""
    spent: dict[str, float] = {}
    for member in PARTS:
        for pid in _kin(system.pid(member), after):
            process, then = after[pid], before.get(pid, Spent())
            part = f"{member.partition('-')[0]} {process.name}".strip()
            spent[part] = spent.get(part, 0.0) + process.own - then.own
            if process.name == SLOT:
                spent["items"] = spent.get("items", 0.0) + process.children - then.children
    return spent


def _kin(pid: int, processes: Mapping[int, Spent]) -> Iterator[int]:
    """A process and all below it."""
    if pid in processes:
        yield pid
    for child in [number for number, process in processes.items() if process.parent == pid]:
        yield from _kin(child, processes)


def _processes() -> Iterator[tuple[int, Spent]]:
    tick = os.sysconf("SC_CLK_TCK")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        user, system, children_user, children_system = (int(word) / tick for word in words[11:15])
        yield (
            int(folder.name),
            Spent(
                parent=int(words[1]),
                name=_name(command),
                own=user + system,
                children=children_user + children_system,
            ),
        )


def _name(command: list[str]) -> str:
    """What a process of the system is for, by its command line; nothing where its part says it."""
    words = {Path(word).name for word in command}
    if words & {"slot.bash", "slot.sh", "python_child.py"}:
        return SLOT
    return next((word for word in ("api", "consumers") if word in words), "")
