"""HyperQueue's side of the comparisons, run in the peers' venv: its own local cluster of two cores."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hyperqueue import Client, Job, LocalCluster  # type: ignore[import-not-found]  # is in the peers' venv only
from hyperqueue.cluster import WorkerConfig  # type: ignore[import-not-found]  # as above

from benchmarks.peers.answering import Abilities, answer_questions


@contextmanager
def abilities(folder: Path) -> Iterator[Abilities]:
    """Server and worker keep their files in `folder`, and so do the outputs of what they run."""
    with LocalCluster(server_dir=str(folder / "hyperqueue"), worker_config=WorkerConfig(cores=2)) as cluster:
        client = cluster.client()
        yield {"bash_tasks": lambda count: bash_tasks(client, count, folder=folder)}


def bash_tasks(client: Client, count: int, *, folder: Path) -> float:
    """A job of so many tasks, each a bash with its outputs in files, as by default; the seconds it took.

    The client asks once a second whether a job is over. So the end is when the last output was made, a few
    milliseconds before the truth.
    """
    with tempfile.TemporaryDirectory(dir=folder) as outputs:
        job = Job(default_workdir=outputs)
        for number in range(count):
            job.program(["bash", "-c", ":", "bash", str(number)])
        started = time.time()
        client.wait_for_jobs([client.submit(job)])
        return max(path.stat().st_mtime for path in Path(outputs).iterdir()) - started


if __name__ == "__main__":
    answer_questions(abilities(Path(sys.argv[1])))
