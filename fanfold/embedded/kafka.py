"""The embedded Kafka, one KRaft node: how it is configured, formatted, started and asked if it is ready."""

import base64
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from fanfold.embedded import jars, java, probes
from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.leash import die_with_parent
from fanfold.embedded.ports import free_port

_FORMAT_SECONDS = 60
_TRIAL_SECONDS = 60
_POLL_SECONDS = 0.02

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
    "broker.heartbeat.interval.ms": 500,
}


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What Kafka starts from: its class path and the options that use the start archive."""

    class_path: str
    archive: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kafka:
    """One broker and controller in one process, listening on two ports of 127.0.0.1."""

    data: Path
    port: int
    controller_port: int
    runtime: Runtime

    @property
    def configuration(self) -> Path:
        return self.data / "server.properties"

    @property
    def scratch(self) -> Path:
        return self.data / "tmp"

    def prepare(self) -> None:
        """Write the configuration, and format the storage of a folder that has none yet.

        Raises:
            EmbeddedError: Kafka's own tool refused to format; the message is its last line.
        """
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.configuration.write_text(self._properties(), encoding="utf-8")
        if not (self.data / "log" / "meta.properties").exists():
            self._format()

    def command(self) -> tuple[str, ...]:
        """The broker's command line."""
        return self._java("kafka.Kafka", str(self.configuration))

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
            "log.dirs": str(self.data / "log").replace("\\", "\\\\"),
            **_ALONE,
            **_SIZES,
        }
        return "".join(f"{key}={value}\n" for key, value in settings.items())

    def _format(self) -> None:
        # Like Kafka's own ids it must not start with a dash, which the tool would take for an option.
        cluster = "F" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        tool = (
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            cluster,
            "--config",
            str(self.configuration),
        )
        done = subprocess.run(
            self._java(*tool, "--ignore-formatted"),
            env=java.java_environment(),
            preexec_fn=die_with_parent(),
            capture_output=True,
            text=True,
            check=False,
            timeout=_FORMAT_SECONDS,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
            raise EmbeddedError(f"Kafka's storage in {self.data} cannot be formatted: {said[-1]}")

    def _java(self, *arguments: str) -> tuple[str, ...]:
        return java.java_command(
            *arguments,
            class_path=self.runtime.class_path,
            scratch=self.scratch,
            archive=self.runtime.archive,
        )


def kafka_runtime(cache: Path, *, say: jars.Say) -> Runtime:
    """Jars and start archive out of the cache, filled at the first call; safe in several processes at once.

    Raises:
        EmbeddedError: the jars cannot be had.
    """
    with jars.cache_lock(cache, say=say):
        folder = jars.kafka_jars(cache, say=say)
        class_path = jars.class_path(folder)
        archive = java.archive_path(folder)
        if not archive.exists():
            say("preparing Kafka for quick starts, about 15 seconds, only this once")
            _train(archive, class_path=class_path)
    return Runtime(class_path=class_path, archive=java.use_archive(archive))


def _train(archive: Path, *, class_path: str) -> None:
    """Make the start archive out of a trial run in a throw-away folder; Kafka also starts without it."""
    jars.discard_leftovers(archive.parent)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix="filling-") as scratch:
        recording = Path(scratch) / "recording"
        kafka = Kafka(
            data=Path(scratch) / "kafka",
            port=(port := free_port()),
            controller_port=free_port(taken=(port,)),
            runtime=Runtime(class_path=class_path),
        )
        kafka.prepare()
        if _trial_run(kafka, recording=recording):
            java.create_archive(archive, recording=recording, class_path=class_path, scratch=Path(scratch))


def _trial_run(kafka: Kafka, *, recording: Path) -> bool:
    command = java.java_command(
        "kafka.Kafka",
        str(kafka.configuration),
        class_path=kafka.runtime.class_path,
        scratch=kafka.scratch,
        archive=java.record_archive(recording),
    )
    with subprocess.Popen(
        command,
        env=java.java_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(),
    ) as broker:
        deadline = time.monotonic() + _TRIAL_SECONDS
        while broker.poll() is None and not kafka.ready() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        broker.terminate()
        try:
            broker.wait(_TRIAL_SECONDS)
        except subprocess.TimeoutExpired:
            broker.kill()
    return recording.exists()
