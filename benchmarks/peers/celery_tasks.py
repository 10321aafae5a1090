"""The Celery application and its tasks; imported by Celery's worker and client in the peers' venv."""

import os
import subprocess

from celery import Celery  # type: ignore[import-not-found]  # is in the peers' venv only

URL = os.environ["FANFOLD_BENCH_CELERY_URL"]

app = Celery("benchmark", broker=URL, backend=URL)
app.conf.update(broker_connection_retry_on_startup=True, worker_hijack_root_logger=False)


def _bash(item: str) -> int:
    """One bash for an item, as a Celery user would run it; answers its exit status."""
    return subprocess.run(["bash", "-c", ":", "bash", item], capture_output=True, check=True).returncode


def _echo(item: str) -> str:
    return item


bash = app.task(_bash, name="bash")
echo = app.task(_echo, name="echo")
