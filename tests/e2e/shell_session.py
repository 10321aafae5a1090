"""The commands of a document's bash blocks, run in one shell, in order, as a reader would type them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DOCUMENTED = re.compile(r"#.*\bexits with (\d+)")


@dataclass(frozen=True)
class Step:
    """One command and what it left; a status of None: it was not over when the time was."""

    command: str
    status: int | None
    stdout: str
    stderr: str

    @property
    def documented_status(self) -> int:
        """What its comment says that it exits with; else 0."""
        said = _DOCUMENTED.search(self.command)
        return int(said[1]) if said else 0


def blocks(document: Path) -> list[tuple[str, str]]:
    """The language and text of each fenced block."""
    return [(language, text) for language, text in _FENCE.findall(document.read_text())]


def commands(document: Path) -> list[str]:
    """The commands of its bash blocks: a line each, or as many lines as bash needs to see an end."""
    found = []
    for language, text in blocks(document):
        if language == "bash":
            found += _complete(text.splitlines())
    return found


def run_commands(
    typed: Sequence[str], *, folder: Path, notes: Path, environment: Mapping[str, str], seconds: float
) -> list[Step]:
    """Type each command into one bash in this folder; a pipe's failure is the command's.

    `notes` is an empty folder for what the commands write.
    """
    script = notes / "session.bash"
    script.write_text("set -o pipefail\n" + "".join(_noted(n, text) for n, text in enumerate(typed)))
    with subprocess.Popen(
        ["bash", script], cwd=folder, env={**environment, "NOTES": str(notes)}, start_new_session=True
    ) as shell:
        try:
            shell.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(shell.pid, signal.SIGKILL)
    return [_step(text, notes=notes, number=number) for number, text in enumerate(typed)]


def outside_environment(**more: str) -> dict[str, str]:
    """This process's environment as it was before any virtual environment was activated."""
    ours = str(Path(sys.prefix) / "bin")
    path = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder != ours]
    usual = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return usual | {"PATH": os.pathsep.join(path)} | more


def _complete(lines: Sequence[str]) -> list[str]:
    found: list[str] = []
    open_lines: list[str] = []
    for line in lines:
        open_lines.append(line)
        text = "\n".join(open_lines)
        if not line.endswith("\\") and _parses(text):
            found += [text] if text.strip() else []
            open_lines = []
    assert not open_lines, f"bash sees no end of {open_lines}"
    return found


def _parses(text: str) -> bool:
    return subprocess.run(["bash", "-n", "-c", text], capture_output=True, check=False).returncode == 0


def _noted(number: int, command: str) -> str:
    return (
        f'{{\n{command}\n}} </dev/null >"$NOTES/{number}.out" 2>"$NOTES/{number}.err"\n'
        f'echo $? >"$NOTES/{number}.status"\n'
    )


def _step(command: str, *, notes: Path, number: int) -> Step:
    def read(kind: str) -> str:
        path = notes / f"{number}.{kind}"
        return path.read_text(errors="replace") if path.exists() else ""

    status = read("status").strip()
    return Step(command, int(status) if status else None, read("out"), read("err"))
