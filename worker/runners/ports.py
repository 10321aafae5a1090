"""What a slot asks of a runner: run items of one function, stop, kill, say what runs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from app.models.result import ItemResult
from app.models.task import Language
from worker.runners.enclosure.launcher import Launcher


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One input of a function. `attempt` starts at 1."""

    index: int
    text: str
    attempt: int = 1


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered template. `timeout_seconds` is for each item; None for no limit."""

    task_id: str
    language: Language
    source: str
    timeout_seconds: float | None = None


class SlotContext(msgspec.Struct, frozen=True, kw_only=True):
    """What all runners of one slot share.

    `environment` is all that an item sees beside the FANFOLD_ variables (see `environment.py`).
    `output_cap_bytes` is for stdout, stderr and value each. `term_grace_seconds` lie between SIGTERM
    and SIGKILL of an item past its time limit.
    """

    slot: int
    worker_id: str
    work_dir: Path
    environment: Mapping[str, str]
    launcher: Launcher
    output_cap_bytes: int = 65_536
    term_grace_seconds: float = 5.0


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """The item that runs now, and since when by time.monotonic()."""

    index: int
    since: float


class Runner(Protocol):
    """Runs one function in one slot. `run` and `close` belong to one thread, the rest to any."""

    def run(
        self,
        items: Sequence[Item],
        *,
        on_results: Callable[[Sequence[ItemResult]], None],
        on_start: Callable[[int], None] | None = None,
        on_unbegun: Callable[[Sequence[int]], None] | None = None,
    ) -> None:
        """Run items in order; blocks until all have a result or the run was stopped.

        `on_results` gets results as soon as they are known, in order. An item without one was not begun.
        `on_start` gets the index of each item that begins (for quick items a few ms late). Once
        stopped, `on_unbegun` gets what will not be begun, while the running item may go on for long.
        Items must have distinct indexes. What user code does is data; raises LaunchFailed when no
        process can be started, and the items without a result were then not begun either.
        """
        ...

    def stop_after_current(self) -> None:
        """Begin no further item: in the present run, or else in the next one, which then returns at once."""
        ...

    def kill(self, index: int | None = None) -> None:
        """Kill the running item (only `index`, when given): its outcome is `killed`. Then as stop."""
        ...

    def current(self) -> Running | None:
        """The running item, or None between runs."""
        ...

    def close(self) -> None:
        """Kill the slot process and forget it. May be called twice."""
        ...
