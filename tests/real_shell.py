"""Runs rendered shell scripts in the real shells, in an empty folder that must stay empty."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.models.task import Language

_COMMANDS = {Language.BASH: ("bash", "--noprofile", "--norc"), Language.SH: ("dash",)}
_TIME_LIMIT_SECONDS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What a script printed, as the texts between NULs, and the names of the files that it left."""

    printed: tuple[str, ...]
    complaints: str
    files: tuple[str, ...]


def run_script(source: str, *, language: Language, folder: Path) -> Ran:
    """Run the script from a file, with no input and next to no environment."""
    folder.mkdir(exist_ok=True)
    script = folder.with_suffix(".script")
    script.write_bytes(source.encode())
    done = subprocess.run(
        [*_COMMANDS[language], str(script)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"},
        timeout=_TIME_LIMIT_SECONDS,
        check=False,
    )
    files = tuple(sorted(file.name for file in folder.iterdir()))
    for file in folder.iterdir():
        file.unlink()
    return Ran(
        printed=tuple(done.stdout.decode().split("\0")[:-1]),
        complaints=done.stderr.decode(errors="replace"),
        files=files,
    )
