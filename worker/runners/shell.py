"""bash and sh: the template is the body of a function that a forked copy of one shell runs per item."""

import os
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from app.models.result import Outcome
from worker.runners.dialect import Announcement, Answer
from worker.runners.enclosure.launcher import Command
from worker.runners.environment import SLOT, TASK_ID
from worker.runners.ports import Item

_HERE = Path(__file__).parent
_LONG_BYTES = 4000

_SIGNAL_STATUS = 128

_TOLD = (TASK_ID, SLOT)
"""Variables that a slot process is told, not started with: it may be there before its task."""


class ShellDialect:
    """What bash and sh have in common: the function's files, how a status is read."""

    descriptors = (0, 2)
    mark: bytes | None = None
    leader_is_item = False
    joins_any = False
    batch_items = 3_000  # sh reads a mark for each: more would not fit into the pipe
    batch_characters = 65_536

    def __init__(
        self, source: bytes, *, argv: Sequence[str], environment: Mapping[str, str], work_dir: Path
    ) -> None:
        self._source = source
        self._argv = argv
        self._environment = {name: value for name, value in environment.items() if name not in _TOLD}
        self._work_dir = work_dir
        self.introduction = " ".join(environment.get(name, "") for name in _TOLD).encode() + b"\n"

    def prepare(self, directory: Path) -> None:
        """Write the function, and the template for sources that are no function's body (an empty one)."""
        (directory / "template").write_bytes(self._source)
        (directory / "function").write_bytes(b"__ff_item() { " + self._source + b"\n}\n")

    def command(self, directory: Path) -> Command:
        """The shell with the script that is its slot process, found in this package's folder."""
        return Command(
            argv=[*self._argv, str(directory), str(self._work_dir.absolute()), "{enclosure}", "{keeper}"],
            environment=self._environment,
            directory=_HERE,
        )

    def joins(self, item: Item, *, first: Item) -> bool:  # noqa: ARG002 - any does
        """If it can be run."""
        return "\0" not in item.text

    def refuse(self, item: Item) -> bytes | None:
        """A NUL can be neither argument nor variable."""
        if "\0" in item.text:
            return b"fanfold: the item holds a NUL character, which a shell cannot take\n"
        return None


class BashDialect(ShellDialect):
    """bash, with `slot.bash`. It needs no quoting: items go in as an array."""

    def __init__(self, source: bytes, *, environment: Mapping[str, str], work_dir: Path) -> None:
        argv = [
            _found("bash", path=environment.get("PATH"), otherwise="/bin/bash"),
            "--noprofile",
            "--norc",
            "slot.bash",
        ]
        super().__init__(source, argv=argv, environment=environment, work_dir=work_dir)

    def joins(self, item: Item, *, first: Item) -> bool:
        """The attempt is told for a batch, and whether its items are long."""
        return (
            item.attempt == first.attempt
            and _is_long(item.text) == _is_long(first.text)
            and super().joins(item, first=first)
        )

    def announce(self, items: Sequence[Item]) -> Announcement:
        """Two fields an item, each ended by a NUL."""
        files: dict[str, bytes] = {}
        fields: list[bytes] = []
        long = _is_long(items[0].text)
        for item in items:
            text = item.text.encode(errors="surrogatepass")
            fields.append(b"%d\0%b\0" % (item.index, text))
            if long:
                files[f"stdin-{item.index}"] = text + b"\n"
        files["batch"] = b"".join(fields)
        how = b"long" if long else b"short"
        return Announcement(files=files, line=b"%d %b\n" % (items[0].attempt, how))

    def read(self, line: bytes, *, remarks: Sequence[bytes]) -> Answer:
        """Index, status, mark, and two times of EPOCHREALTIME, which has the locale's decimal point."""
        index, status, mark, began, ended = line.replace(b",", b".").split(b" ")
        # Before version 5 bash has no EPOCHREALTIME.
        started_at = float(began) if began else None
        duration_ms = None if started_at is None else max(0.0, float(ended) - started_at) * 1000
        if status == b"0":
            return Answer(int(index), mark, Outcome.OK, 0, None, started_at, duration_ms)
        # The last remark is always the complaint of the sweep's `kill` that nobody was left.
        answer = _ended(int(index), status=int(status), mark=mark, remarks=remarks[:-1])
        return answer._replace(started_at=started_at, duration_ms=duration_ms)


class ShDialect(ShellDialect):
    """/bin/sh, with `slot.sh`: items are quoted into a script; the worker draws the marks and keeps time."""

    def __init__(self, source: bytes, *, environment: Mapping[str, str], work_dir: Path) -> None:
        argv = [_found("dash", otherwise="/bin/sh"), "slot.sh"]
        super().__init__(source, argv=argv, environment=environment, work_dir=work_dir)

    def announce(self, items: Sequence[Item]) -> Announcement:
        """A call for each item, and as many marks."""
        files: dict[str, bytes] = {}
        calls: list[bytes] = []
        for item in items:
            text = item.text.encode(errors="surrogatepass")
            call = b"__ff_run"
            if _is_long(item.text):
                call = b"__ff_run_long"
                files[f"stdin-{item.index}"] = text + b"\n"
            quoted = b"'" + text.replace(b"'", b"'\\''") + b"'"
            calls.append(b"%b %d %d %b\n" % (call, item.index, item.attempt, quoted))
        files["batch"] = b"".join(calls)
        marks = os.urandom(8 * len(items)).hex(" ", 8).replace(" ", "\n")
        return Announcement(files=files, line=b"\n" + marks.encode() + b"\n")

    def read(self, line: bytes, *, remarks: Sequence[bytes]) -> Answer:
        """Index, status and mark."""
        index, status, mark = line.split(b" ")
        return _ended(int(index), status=int(status), mark=mark, remarks=remarks)


@cache
def _found(program: str, *, path: str | None = None, otherwise: str) -> str:
    """Looked for once: a first item waits for it."""
    return shutil.which(program, path=path) or shutil.which(program) or otherwise


def _is_long(text: str) -> bool:
    """Whether a here-document of it would be a file, or need a process that writes it."""
    size = len(text)
    if size > _LONG_BYTES or text.isascii():
        return size > _LONG_BYTES
    return len(text.encode(errors="surrogatepass")) > _LONG_BYTES


def _ended(index: int, *, status: int, mark: bytes, remarks: Sequence[bytes]) -> Answer:
    """What a status means.

    A shell says 128 + n both for signal n and for `exit 128+n`, but it remarks upon a death by signal
    (save SIGINT and SIGPIPE, which thus count as statuses).
    """
    if status == 0:
        return Answer(item_index=index, mark=mark, outcome=Outcome.OK, exit_code=0)
    if status > _SIGNAL_STATUS and remarks:
        return Answer(item_index=index, mark=mark, outcome=Outcome.KILLED, signal=status - _SIGNAL_STATUS)
    remark = b"".join(each + b"\n" for each in remarks)
    return Answer(item_index=index, mark=mark, outcome=Outcome.FAILED, exit_code=status, remark=remark)
