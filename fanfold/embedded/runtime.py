"""What Kafka starts from, out of the user's cache: its jars, and an archive of its loaded classes."""

import subprocess
import tempfile
import time
from pathlib import Path

from fanfold.embedded import jars, java
from fanfold.embedded.java import Runtime
from fanfold.embedded.kafka import Kafka
from fanfold.embedded.leash import leashed
from fanfold.embedded.ports import free_port

_TRIAL_SECONDS = 60
_POLL_SECONDS = 0.02


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
    with subprocess.Popen(
        leashed(kafka.trial_command(recording)),
        cwd=kafka.data,
        env=java.java_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
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
