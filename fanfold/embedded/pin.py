"""`python -m fanfold.embedded.pin`: resolve Kafka anew and write the lock of its jars."""

import tempfile
from pathlib import Path

from jgo.env import LockFile
from jgo.maven import MavenContext

from fanfold.embedded.jars import LOCK_FILE

# slf4j-simple writes Kafka's log to its standard error, with no configuration file and the shortest start.
ROOTS = ("org.apache.kafka:kafka_2.13:4.3.1", "org.slf4j:slf4j-simple:1.7.36")


def pin(roots: tuple[str, ...] = ROOTS) -> None:
    """Resolve the roots with all they need, and write coordinates and checksums, no addresses."""
    with tempfile.TemporaryDirectory() as repository:
        context = MavenContext(repo_cache=Path(repository), timeout=60)
        inputs, needed = context.resolver.resolve([context.create_dependency(root) for root in roots])
        LockFile.from_resolved_dependencies([*inputs, *needed]).save(LOCK_FILE)


if __name__ == "__main__":
    pin()
