"""python: the template defines `run(item)`; one process a slot runs it, in the worker's interpreter."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from app.models.result import ItemResult
from worker.runners.dialect import RECORD_SEPARATOR, Announcement, Answer
from worker.runners.enclosure.launcher import Command
from worker.runners.ports import Item

_CHILD = Path(__file__).with_name("python_child.py")
_RESULTS = msgspec.json.Decoder(list[ItemResult])


class PythonDialect:
    """Its answers come on stderr behind the mark, one write for both."""

    descriptors = (3, 4)
    leader_is_item = True
    batch_characters = 1_048_576

    def __init__(
        self,
        source: bytes,
        *,
        environment: Mapping[str, str],
        work_dir: Path,
        value_cap_bytes: int,
        worker: str,
    ) -> None:
        self._source = source
        self._environment = environment
        self._work_dir = work_dir
        self._value_cap = value_cap_bytes
        self._worker = worker
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
        batch = {"mark": (self.mark or b"").hex(), "worker": self._worker, "items": rows}
        try:
            told = msgspec.json.encode(batch)
        except UnicodeEncodeError:  # half a surrogate pair
            told = json.dumps(batch).encode()
        return Announcement(files={"batch": told}, line=b"\n")

    def read(self, line: bytes, *, remarks: Sequence[bytes]) -> Answer:  # noqa: ARG002 - it makes none
        """One of them, whose item may have written something."""
        [result] = self.read_whole([line])
        return Answer(
            item_index=result.index,
            mark=b"",
            outcome=result.outcome,
            exit_code=result.exit_code,
            started_at=result.started_at,
            duration_ms=result.duration_ms,
            value=result.value,
        )

    def read_whole(self, lines: Sequence[bytes]) -> list[ItemResult]:
        """All of them at once."""
        try:
            return _RESULTS.decode(b"[[" + b"],[".join(lines).replace(RECORD_SEPARATOR, b"") + b"]]")
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from error
