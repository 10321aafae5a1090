"""Workers come and go while tasks run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fanfold import Client
from fanfold.embedded.ports import free_port
from tests.e2e.conftest import WORKERS
from tests.e2e.journal import Journal, check_exact
from tests.e2e.killing import await_workers
from tests.integration.systems import System, environment
from tests.servers import wait_until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def test_twenty_tasks_at_once_all_end_with_exact_sums(system: System, client: Client) -> None:
    items = [str(number) for number in range(500)]
    await_workers(system, 3)
    tasks = [client.submit('echo "$1"', items, name=f"task {number}") for number in range(20)]
    for task in tasks:
        results = check_exact(client, client.wait(task.task_id), items)
        assert [result.stdout for result in results] == [f"{item}\n" for item in items]


def test_a_worker_told_to_stop_runs_no_item_twice_and_ends_well(
    system: System, client: Client, journal: Journal, tmp_path: Path
) -> None:
    items = [str(number) for number in range(400)]
    await_workers(system, 3)
    extra = _join(system, tmp_path)
    await_workers(system, 4)
    task = client.submit(journal.function(seconds=0.05), items, name="drain")
    wait_until(
        lambda: _ran_elsewhere(journal, task.task_id), seconds=60, state=lambda: client.status(task.task_id)
    )
    extra.send_signal(signal.SIGTERM)
    assert extra.wait(45) == 0
    check_exact(client, client.wait(task.task_id), items)
    assert set(journal.runs(task.task_id).values()) == {1}


def test_a_worker_that_joins_during_a_job_gets_work(
    system: System, client: Client, journal: Journal, tmp_path: Path
) -> None:
    items = [str(number) for number in range(600)]
    await_workers(system, 3)
    task = client.submit(journal.function(seconds=0.05), items, name="join")
    wait_until(lambda: client.status(task.task_id).items_succeeded > 20, seconds=60)
    extra = _join(system, tmp_path)
    try:
        wait_until(
            lambda: _ran_elsewhere(journal, task.task_id),
            seconds=60,
            state=lambda: client.status(task.task_id),
        )
    finally:
        extra.send_signal(signal.SIGTERM)
    assert extra.wait(45) == 0
    check_exact(client, client.wait(task.task_id), items)
    assert set(journal.runs(task.task_id).values()) == {1}


def test_a_task_waits_while_no_worker_lives_and_says_so(tmp_path: Path) -> None:
    lonely = System(tmp_path / "lonely", port=free_port())
    lonely.folder.mkdir()
    lonely.up("--workers", "1", "--slots", "1", "--no-restart")
    try:
        with Client(f"http://127.0.0.1:{lonely.port}") as client:
            os.kill(lonely.pid("worker-1"), signal.SIGTERM)
            wait_until(lambda: lonely.nodes() == [], seconds=30, state=lonely.nodes)
            task = client.submit('echo "$1"', ["a", "b"])
            wait_until(
                lambda: client.status(task.task_id).reason == "no live workers",
                seconds=30,
                state=lambda: client.status(task.task_id),
            )
            worker = _join(lonely, tmp_path)
            try:
                check_exact(client, client.wait(task.task_id), ["a", "b"])
            finally:
                worker.send_signal(signal.SIGTERM)
                assert worker.wait(45) == 0
    finally:
        lonely.fanfold("down")


def _join(system: System, folder: Path) -> subprocess.Popen[bytes]:
    """`fanfold worker` from another folder."""
    elsewhere = folder / "joined"
    elsewhere.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "fanfold", "worker", "--data-dir", str(system.state.root), "--slots", "1"],
        cwd=elsewhere,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _ran_elsewhere(journal: Journal, task_id: str) -> bool:
    """Whether an item began on a worker that the system did not start itself."""
    own = tuple(f"worker-{number}#" for number in range(1, WORKERS + 1))
    return any(not start.worker.startswith(own) for start in journal.starts(task_id))
