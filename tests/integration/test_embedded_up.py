"""`fanfold up`, `down` and `worker`: a whole system that heals itself and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from fanfold.embedded import probes
from tests.integration.systems import System, a_system, environment
from tests.servers import wait_until

pytestmark = pytest.mark.timeout(600)

# A Python process of ours is up after a second or two; on a machine that does much else, after many.
SLOW_SECONDS = 90


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that is up, shared by the tests of this file that leave it up."""
    with a_system(tmp_path_factory.mktemp("system")) as running:
        running.up()
        yield running


def kill(system: System, name: str) -> Callable[[], bool]:
    """Kill a member as kill -9 does; the answer tells whether another process has its name."""
    old = system.pid(name)
    os.kill(old, signal.SIGKILL)
    return lambda: system.pid(name) not in (0, old)


def test_up_prints_ready_and_has_the_workers_listed(system: System) -> None:
    names = {node[: len("worker-1")] for node in system.nodes()}

    assert names == {"worker-1", "worker-2"}
    said = (system.state.root / "logs" / "up.log").read_text().splitlines()
    assert f"ready http://127.0.0.1:{system.port}" in said


def test_a_killed_worker_comes_back(system: System) -> None:
    before = set(system.nodes())

    started = kill(system, "worker-1")

    wait_until(started, seconds=10)
    wait_until(
        lambda: any(node.startswith("worker-1") for node in set(system.nodes()) - before),
        seconds=SLOW_SECONDS,
        state=system.nodes,
    )


@pytest.mark.parametrize("name", ["redis", "kafka", "scheduler-1"])
def test_a_killed_server_comes_back_at_the_same_address(system: System, name: str) -> None:
    ports = system.state.ports()
    answers = {
        "redis": lambda: probes.redis_answers(ports["redis"]),
        "kafka": lambda: probes.kafka_answers(ports["kafka"]),
        "scheduler-1": lambda: probes.http_ready(system.port),
    }

    started = kill(system, name)

    wait_until(started, seconds=10)
    wait_until(answers[name], seconds=SLOW_SECONDS)
    wait_until(lambda: probes.http_ready(system.port), seconds=SLOW_SECONDS)


def test_a_worker_joins_from_another_folder_and_leaves_on_sigterm(system: System, tmp_path: Path) -> None:
    before = set(system.nodes())
    command = [
        sys.executable,
        "-m",
        "fanfold",
        "worker",
        "--slots",
        "1",
        "--data-dir",
        str(system.state.root),
    ]
    with (tmp_path / "log").open("wb") as log:
        joined = subprocess.Popen(
            command, cwd=tmp_path, env=environment(), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_until(
            lambda: len(set(system.nodes()) - before) == 1,
            seconds=SLOW_SECONDS,
            state=(tmp_path / "log").read_text,
        )

        joined.terminate()

        assert joined.wait(SLOW_SECONDS) == 0
        wait_until(lambda: not set(system.nodes()) - before, seconds=SLOW_SECONDS, state=system.nodes)
    finally:
        joined.kill()
        joined.wait()


def test_two_systems_side_by_side_do_not_meet(system: System, tmp_path: Path) -> None:
    with a_system(tmp_path) as other:
        other.up("--workers", "1")

        assert set(other.state.ports().values()).isdisjoint(system.state.ports().values())
        assert [node[: len("worker-1")] for node in other.nodes()] == ["worker-1"]
        assert set(other.nodes()).isdisjoint(system.nodes())


def test_state_and_ports_are_kept_over_down_and_up_in_a_folder_of_any_name(tmp_path: Path) -> None:
    with a_system(tmp_path / "a, ü 'b'") as system:
        system.up("--workers", "1")
        ports = system.state.ports()
        _leave_traces(ports)

        assert system.fanfold("down").returncode == 0
        system.await_gone(seconds=1)
        system.up("--workers", "1")

        assert system.state.ports() == ports
        assert _traces(ports) == (b"kept", True)


def test_kill_9_of_up_leaves_nothing_after_a_second_and_the_state_stays(tmp_path: Path) -> None:
    with a_system(tmp_path) as system:
        system.up("--workers", "1")
        ports = system.state.ports()
        _leave_traces(ports)
        supervisor = system.state.holder()
        assert supervisor is not None

        os.kill(supervisor, signal.SIGKILL)

        system.await_gone(seconds=1)
        system.up("--workers", "1")
        assert _traces(ports) == (b"kept", True)


def test_ctrl_c_stops_everything_and_only_the_data_folder_is_left(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "folder"
    home.mkdir()
    with a_system(folder) as system:
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        up = subprocess.Popen(
            [sys.executable, "-m", "fanfold", "up", "--workers", "1", "--port", str(system.port)],
            cwd=folder,
            env=environment() | {"HOME": str(home), "XDG_CACHE_HOME": cache},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert up.stdout is not None
        try:
            assert up.stdout.readline() == f"ready http://127.0.0.1:{system.port}\n"

            up.send_signal(signal.SIGINT)

            assert up.wait(SLOW_SECONDS) == 0
            assert up.stdout.read() == ""
        finally:
            up.kill()
            up.wait()
            up.stdout.close()
        system.await_gone(seconds=1)
        assert list(home.iterdir()) == []
        assert [entry.name for entry in folder.iterdir()] == [".fanfold"]
        assert list(system.state.scratch.iterdir()) == []


def _leave_traces(ports: dict[str, int]) -> None:
    with redis.Redis(port=ports["redis"]) as client:
        client.set("trace", "kept")
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{ports['kafka']}", "log_level": 0})
    admin.create_topics([NewTopic("trace", num_partitions=1)])["trace"].result(10)


def _traces(ports: dict[str, int]) -> tuple[object, bool]:
    with redis.Redis(port=ports["redis"]) as client:
        value = client.get("trace")
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{ports['kafka']}", "log_level": 0})
    return value, "trace" in admin.list_topics(timeout=10).topics
