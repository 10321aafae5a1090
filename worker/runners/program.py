"""A template that starts with `#!` is any program, executed per item: as argv[1] and on stdin."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from worker.runners.ports import Item
from worker.runners.shell import ShDialect

SHEBANG = "#!"

LONGEST_ARGUMENT_BYTES = 131_071
"""Linux takes 32 pages for one argument, its NUL included (MAX_ARG_STRLEN)."""


class ProgramDialect(ShDialect):
    """sh, whose function executes the interpreter of the first line, as the kernel would.

    The kernel does not do it itself because /dev/shm is often mounted noexec.
    """

    def __init__(self, source: bytes, *, environment: Mapping[str, str], work_dir: Path) -> None:
        super().__init__(source, environment=environment, work_dir=work_dir)
        self._program = source

    def prepare(self, directory: Path) -> None:
        """Write the program and the function that executes it."""
        program = directory / "program"
        program.write_bytes(self._program)
        words = [*interpreter(self._program), str(program).encode()]
        quoted = b" ".join(
            shlex.quote(each.decode(errors="surrogateescape")).encode(errors="surrogateescape")
            for each in words
        )
        self._source = b"exec " + quoted + b' "$1"'
        super().prepare(directory)

    def joins(self, item: Item, *, first: Item) -> bool:
        """If it can be run."""
        return self.refuse(item) is None and super().joins(item, first=first)

    def refuse(self, item: Item) -> bytes | None:
        """What cannot be an argument of a program."""
        if len(item.text) * 4 > LONGEST_ARGUMENT_BYTES:
            size = len(item.text.encode(errors="surrogatepass"))
            if size > LONGEST_ARGUMENT_BYTES:
                return (
                    f"fanfold: the item has {size} bytes; "
                    f"a #! program takes {LONGEST_ARGUMENT_BYTES} at most, as an argument\n"
                ).encode()
        return super().refuse(item)


def interpreter(source: bytes) -> list[bytes]:
    """The words of a `#!` line as the kernel takes them: a path, and all that follows as one argument."""
    line = source.partition(b"\n")[0].removeprefix(SHEBANG.encode()).strip(b" \t\r")
    return line.replace(b"\t", b" ").split(None, 1) if b" " in line.replace(b"\t", b" ") else [line]
