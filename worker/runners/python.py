"""python: the template defines `run(item)`; one process a slot runs it, in the worker's interpreter."""

import binascii
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from app.models.result import ItemResult
from worker.runners.dialect import Announcement, Answer
from worker.runners.enclosure.launcher import Command
from worker.runners.ports import Item

_CHILD = Path(__file__).with_name("python_child.py")
_RESULTS = msgspec.msgpack.Decoder(list[ItemResult])
_ARRAY = b"\xdd"


class PythonDialect:
    """Its answers lie in memory; of items that may have written they come on stderr, behind the mark."""

    descriptors = (3, 4)
    introduction = b""
    leader_is_item = True
    joins_any = True
    batch_items = 16_384
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
        """Texts, and which indexes and attempt they have, as JSON."""
        batch = {
            "mark": (self.mark or b"").hex(),
            "worker": self._worker,
            "spans": _spans(items),
            "texts": [item.text for item in items],
        }
        try:
            told = msgspec.json.encode(batch)
        except UnicodeEncodeError:  # half a surrogate pair
            told = json.dumps(batch).encode()
        return Announcement(files={"batch": told}, line=b"\n")

    def read(self, line: bytes, *, remarks: Sequence[bytes]) -> Answer:  # noqa: ARG002 - it makes none
        """Index and answer of an item that may have written something."""
        [result] = self.read_whole(1, binascii.a2b_base64(line.partition(b" ")[2]))
        return Answer(
            item_index=result.index,
            mark=b"",
            outcome=result.outcome,
            exit_code=result.exit_code,
            started_at=result.started_at.timestamp() if result.started_at is not None else None,
            duration_ms=result.duration_ms,
            value=result.value,
        )

    def read_whole(self, count: int, answers: bytes) -> list[ItemResult]:
        """All of them at once."""
        try:
            return _RESULTS.decode(_ARRAY + count.to_bytes(4, "big") + answers)
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from error


def _spans(items: Sequence[Item]) -> list[tuple[int, int, int]]:
    """First index, the one after the last, and attempt of items that follow one another."""
    indexes, attempts = [item.index for item in items], [item.attempt for item in items]
    start, stop, attempt = indexes[0], indexes[-1] + 1, attempts[0]
    if stop - start == len(items) == attempts.count(attempt) and indexes == list(range(start, stop)):
        return [(start, stop, attempt)]
    return [(index, index + 1, attempt) for index, attempt in zip(indexes, attempts, strict=True)]
