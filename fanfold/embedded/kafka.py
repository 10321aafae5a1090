"""The embedded Kafka, one KRaft node: how it is configured, formatted, started and asked if it is ready."""

import base64
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

from fanfold.embedded import java, probes
from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.leash import leashed

_FORMAT_SECONDS = 60

# Below the data folder.
_CONFIGURATION = Path("server.properties")
_STORAGE = Path("log")
_SCRATCH = Path("tmp")

# Sized for one machine: what is not here is Kafka's own default.
_SIZES = {
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 4,
    "log.cleaner.dedupe.buffer.size": 4 * 1024 * 1024,
    "log.index.size.max.bytes": 1024 * 1024,
    "log.segment.bytes": 64 * 1024 * 1024,
    "log.retention.hours": 24,
    "offsets.topic.num.partitions": 8,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.num.partitions": 4,
}
_ALONE = {
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "auto.create.topics.enable": "false",
    # A broker that was killed may register again only when its old session is over: 9 s by default.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 1000,
    # Nobody follows its metadata: two records a second to show that it is alive are work for nothing.
    "metadata.max.idle.interval.ms": 10_000,
}


@dataclass(frozen=True, kw_only=True)
class Kafka:
    """One broker and controller in one process, listening on two ports of 127.0.0.1.

    It runs in its data folder and is told relative paths only: Kafka takes a comma in a path for the end
    of it, and Java reads its files as ISO-8859-1.
    """

    data: Path
    port: int
    controller_port: int
    runtime: java.Runtime

    def prepare(self) -> None:
        """Write the configuration, and format the storage of a folder that has none yet.

        Raises:
            EmbeddedError: Kafka's own tool refused to format; the message is its last line.
        """
        (self.data / _SCRATCH).mkdir(parents=True, exist_ok=True)
        (self.data / _CONFIGURATION).write_text(self._properties(), encoding="ascii")
        if not (self.data / _STORAGE / "meta.properties").exists():
            self._format()

    def command(self) -> tuple[str, ...]:
        """The broker's command line, for the data folder as current one."""
        return self._java("kafka.Kafka", str(_CONFIGURATION), archive=self.runtime.archive)

    def trial_command(self, recording: Path) -> tuple[str, ...]:
        """The same, for a run that records what a start archive should hold."""
        return self._java("kafka.Kafka", str(_CONFIGURATION), archive=java.record_archive(recording))

    def ready(self) -> bool:
        """Whether it serves clients now."""
        return probes.kafka_answers(self.port)

    def _properties(self) -> str:
        broker, controller = f"127.0.0.1:{self.port}", f"127.0.0.1:{self.controller_port}"
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{controller}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "CLIENTS",
            "listeners": f"CLIENTS://{broker},CONTROLLER://{controller}",
            "advertised.listeners": f"CLIENTS://{broker}",
            "listener.security.protocol.map": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": _STORAGE,
            **_ALONE,
            **_SIZES,
        }
        return "".join(f"{key}={value}\n" for key, value in settings.items())

    def _format(self) -> None:
        # Like Kafka's own ids it must not start with a dash, which the tool would take for an option.
        cluster = "F" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        tool = ("kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", str(_CONFIGURATION))
        done = subprocess.run(
            leashed(self._java(*tool, archive=self.runtime.archive)),
            cwd=self.data,
            env=java.java_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=_FORMAT_SECONDS,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
            raise EmbeddedError(f"Kafka's storage in {self.data} cannot be formatted: {said[-1]}")

    def _java(self, *arguments: str, archive: tuple[str, ...]) -> tuple[str, ...]:
        class_path = self.runtime.class_path
        return java.java_command(*arguments, class_path=class_path, scratch=_SCRATCH, archive=archive)
