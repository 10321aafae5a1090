"""The data folder of one embedded system: where everything lies, and who holds it."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.space import require_space

_NEEDED_BYTES = 256 * 1024 * 1024
_HOLD_SECONDS = 0.3
_PID_SECONDS = 2.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class StateFolder:
    """The folder that `--data-dir` names; `root` is absolute."""

    root: Path

    @property
    def properties(self) -> Path:
        """The addresses of Kafka and Redis, as configuration of schedulers and workers."""
        return self.root / "run" / "system.properties"

    @property
    def scratch(self) -> Path:
        """Temporary files of the processes; emptied at each start."""
        return self.root / "tmp"

    def log(self, name: str) -> Path:
        return self.root / "logs" / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        return self.root / "run" / f"{name}.pid"

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Make the folder and keep it to this process until the end.

        Raises:
            EmbeddedError: another system runs in it, or its disk is full.
        """
        for part in ("run", "logs"):
            (self.root / part).mkdir(parents=True, exist_ok=True)
        with self._lock_file.open("a+", encoding="ascii") as handle:
            if not _locked(handle.fileno()):
                self.refuse_second()
            handle.truncate(0)
            handle.write(f"{os.getpid()}\n")
            handle.flush()
            require_space(self.root, needed_bytes=_NEEDED_BYTES)
            shutil.rmtree(self.scratch, ignore_errors=True)
            self.scratch.mkdir()
            yield

    def refuse_second(self) -> NoReturn:
        """Say that a system already runs here."""
        raise EmbeddedError(
            f"a system already runs in {self.root}: "
            f"stop it with `fanfold down --data-dir {self.root}`, or name another folder"
        )

    def holder(self) -> int | None:
        """The process that runs the system in this folder; None when none does."""
        deadline = time.monotonic() + _PID_SECONDS
        while self._is_held():
            text = self._lock_file.read_text(encoding="ascii").strip()
            if text:
                return int(text)
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{self._lock_file} is held, but does not say by which process")
            time.sleep(_POLL_SECONDS)
        return None

    def ports(self) -> dict[str, int]:
        """The ports that the last system in this folder used, by name; empty for a new or damaged file."""
        try:
            kept = json.loads(self._ports_file.read_text(encoding="utf-8"))
            return {str(name): int(port) for name, port in kept.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}

    def keep_ports(self, ports: Mapping[str, int]) -> None:
        """Remember the ports, and tell the addresses of Kafka and Redis in `run/system.properties`."""
        _replace(self._ports_file, text=json.dumps(ports) + "\n")
        addresses = {
            "pubsub.namespace": f"127.0.0.1:{ports['kafka']}",
            "spring.redis.host": "127.0.0.1",
            "spring.redis.port": str(ports["redis"]),
        }
        _replace(self.properties, text="".join(f"{key}={value}\n" for key, value in addresses.items()))

    def address_settings(self) -> tuple[str, ...]:
        """What `run/system.properties` says, as settings on a command line.

        So they win over the environment, and the folder may have a comma in its name, which would end it
        in a list of configuration files.
        """
        return tuple(f"--{line}" for line in self.properties.read_text(encoding="utf-8").splitlines())

    @property
    def _lock_file(self) -> Path:
        return self.root / "run" / "up.lock"

    @property
    def _ports_file(self) -> Path:
        return self.root / "run" / "ports.json"

    def _is_held(self) -> bool:
        try:
            with self._lock_file.open("r", encoding="ascii") as handle:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False


def _locked(descriptor: int) -> bool:
    """Take the lock; a moment of patience, because `down` and `worker` look at it by locking, too."""
    deadline = time.monotonic() + _HOLD_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


def _replace(path: Path, *, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
