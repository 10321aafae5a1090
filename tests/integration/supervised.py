"""A supervisor of stand-in programs, run as a process of its own so that tests can signal and kill it."""

import json
import sys
from pathlib import Path

from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.member import Part
from fanfold.embedded.process import Program
from fanfold.embedded.signals import caught_signals
from fanfold.embedded.supervisor import StopAsked, Supervisor


def part(name: str, *, script: str, folder: Path, stop_seconds: float = 60.0) -> Part:
    """A bash script as a member; it is ready when it has made the file NAME.ready."""
    program = Program(
        name=name,
        command=("bash", "-c", script),
        folder=folder,
        log=folder / f"{name}.log",
        pid_file=folder / f"{name}.pid",
    )
    return Part(program=program, ready=(folder / f"{name}.ready").exists, stop_seconds=stop_seconds)


def main(folder: Path, *, restarts: bool, scripts: dict[str, str]) -> None:
    """Start the scripts one after the other, each a rank of its own; stop when a signal asks."""
    with caught_signals() as signals:
        supervisor = Supervisor(signals=signals, restarts=restarts, say=_say)
        try:
            for name, script in scripts.items():
                supervisor.start([part(name, script=script, folder=folder)])
            _say("ready")
            supervisor.watch()
            supervisor.stop()
        except StopAsked:
            _say("stopped before it was ready")
        except EmbeddedError as error:
            _say(f"{type(error).__name__}: {error}")
            raise SystemExit(error.exit_status) from error
        finally:
            supervisor.end()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), restarts=sys.argv[2] == "restart", scripts=json.loads(sys.argv[3]))
