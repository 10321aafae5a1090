"""python: the template defines `run(item)`; one process a slot runs it, in the worker's interpreter."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.models.result import Outcome
from worker.runners.dialect import Announcement, Answer
from worker.runners.enclosure.launcher import Command
from worker.runners.ports import Item

_CHILD = Path(__file__).with_name("python_child.py")


class PythonDialect:
    """Its answers come on stderr behind the mark, one write for both."""

    descriptors = (3, 4)
    leader_is_item = True
    batch_characters = 1_048_576

    def __init__(
        self, source: bytes, *, environment: Mapping[str, str], work_dir: Path, value_cap_bytes: int
    ) -> None:
        self._source = source
        self._environment = environment
        self._work_dir = work_dir
        self._value_cap = value_cap_bytes
        # The splitter holds back what may be the beginning of a mark: its first byte is nowhere else in it.
        self.mark: bytes | None = b"\0" + os.urandom(8).hex().encode()

    def prepare(self, directory: Path) -> None:
        """Write the function."""
        (directory / "function").write_bytes(self._source)

    def command(self, directory: Path) -> Command:
        """This interpreter with a script of its own: the worker's modules are not in it."""
        return Command(
            argv=[sys.executable, "-P", str(_CHILD), str(directory), str(self._value_cap)],
            environment=self._environment,
            directory=self._work_dir.absolute(),
            adopting=True,
        )

    def joins(self, item: Item, *, first: Item) -> bool:  # noqa: ARG002 - any does
        """Always."""
        return True

    def refuse(self, item: Item) -> bytes | None:  # noqa: ARG002 - any text is a str
        """Nothing."""
        return None

    def announce(self, items: Sequence[Item]) -> Announcement:
        """Index, attempt and text of each item, as JSON."""
        rows = [(item.index, item.attempt, item.text) for item in items]
        batch = json.dumps({"mark": (self.mark or b"").hex(), "items": rows})
        return Announcement(files={"batch": batch.encode()}, line=b"\n")

    def read(self, line: bytes, *, remarks: Sequence[bytes]) -> Answer:  # noqa: ARG002 - it makes none
        """Index, outcome, exit code, two times, and the value's JSON."""
        index, outcome, exit_code, began, duration, value = line.split(b" ", 5)
        ended = Outcome.OK if outcome == b"ok" else Outcome.FAILED
        return Answer(
            int(index), b"", ended, int(exit_code), None, float(began), float(duration), value or None
        )
