"""The supervisor keeps its members alive, stops them in order, and takes them along when it is killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import wait_until

RUNS = 'touch "$NAME.ready"; exec sleep 1000'


class Supervised:
    """A running supervisor and what a test asks about its members."""

    def __init__(self, process: subprocess.Popen[bytes], *, folder: Path) -> None:
        self.process = process
        self.folder = folder

    def pid(self, name: str) -> int:
        path = self.folder / f"{name}.pid"
        return int(path.read_text()) if path.exists() and path.read_text().strip() else 0

    def said(self) -> str:
        return (self.folder / "said").read_text()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@contextmanager
def supervised(
    folder: Path, *, restart: bool = True, ready: bool = True, **scripts: str
) -> Iterator[Supervised]:
    """Run the scripts, by name, under a supervisor; `$NAME` is the member's own name in each."""
    named = {name: f"NAME={name}; {script}" for name, script in scripts.items()}
    mode = "restart" if restart else "no-restart"
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.supervised", str(folder), mode, json.dumps(named)],
            stdout=said,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )
    running = Supervised(process, folder=folder)
    try:
        if ready:
            wait_until(lambda: "ready\n" in running.said(), seconds=20, state=running.said)
        yield running
    finally:
        process.kill()
        process.wait()


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def another_than(old: int, *, of: Callable[[], int]) -> Callable[[], bool]:
    return lambda: of() not in (0, old)


def test_a_member_that_was_killed_is_started_again(tmp_path: Path) -> None:
    with supervised(tmp_path, alpha=RUNS) as running:
        first = running.pid("alpha")

        os.kill(first, signal.SIGKILL)

        wait_until(another_than(first, of=lambda: running.pid("alpha")), seconds=5, state=running.said)
        assert "alpha ended (signal 9); it starts again in 0.2 s" in running.said()


def test_a_member_that_ends_well_is_started_again_too(tmp_path: Path) -> None:
    script = "touch $NAME.ready; echo $$ >> lives; test $(wc -l < lives) -lt 3 && exit 0; exec sleep 1000"
    with supervised(tmp_path, alpha=script) as running:
        wait_until(lambda: len((tmp_path / "lives").read_text().split()) == 3, seconds=10, state=running.said)
        assert "alpha ended (status 0); it starts again in 0.4 s" in running.said()


def test_without_restarts_a_member_that_ended_stays_away(tmp_path: Path) -> None:
    with supervised(tmp_path, restart=False, alpha=RUNS, beta=RUNS) as running:
        os.kill(running.pid("alpha"), signal.SIGKILL)

        wait_until(lambda: "alpha ended (signal 9)\n" in running.said(), seconds=5, state=running.said)
        assert not (tmp_path / "alpha.pid").exists()
        assert is_alive(running.pid("beta"))


def test_what_a_killed_member_leaves_in_its_group_is_ended_before_it_starts_again(tmp_path: Path) -> None:
    script = "sleep 1000 & echo $! > child; touch $NAME.ready; wait"
    with supervised(tmp_path, alpha=script) as running:
        first, child = running.pid("alpha"), int((tmp_path / "child").read_text())

        os.kill(first, signal.SIGKILL)

        wait_until(another_than(first, of=lambda: running.pid("alpha")), seconds=5, state=running.said)
        assert not is_alive(child)


def test_kill_9_of_the_supervisor_leaves_no_member_nor_their_children_after_a_second(tmp_path: Path) -> None:
    forks = "sleep 1000 & echo $! > child; touch $NAME.ready; wait"
    with supervised(tmp_path, alpha=RUNS, beta=forks) as running:
        members = {running.pid("alpha"), running.pid("beta"), int((tmp_path / "child").read_text())}

        running.end(signal.SIGKILL)

        wait_until(lambda: not any(map(is_alive, members)), seconds=1, state=lambda: members)


def test_members_stop_in_reverse_order_of_their_start(tmp_path: Path) -> None:
    script = (
        "trap 'sleep 0.1; echo $NAME >> ends; exit 0' TERM; touch $NAME.ready; while :; do sleep 0.05; done"
    )
    with supervised(tmp_path, servers=script, schedulers=script, workers=script) as running:
        assert running.end() == 0

    assert (tmp_path / "ends").read_text().split() == ["workers", "schedulers", "servers"]
    assert list(tmp_path.glob("*.pid")) == []


def test_a_second_signal_does_not_wait_for_a_member_that_takes_long_to_stop(tmp_path: Path) -> None:
    script = "trap 'touch asked' TERM; touch $NAME.ready; while :; do sleep 0.05; done"
    with supervised(tmp_path, stubborn=script) as running:
        stubborn = running.pid("stubborn")
        running.process.send_signal(signal.SIGINT)
        wait_until((tmp_path / "asked").exists, seconds=5, state=running.said)

        assert running.end(signal.SIGINT) == 0

        assert not is_alive(stubborn)
        assert "stubborn did not end in time and is killed" in running.said()


def test_a_member_that_refuses_its_configuration_ends_the_start_with_its_own_words(tmp_path: Path) -> None:
    script = "echo 'config/x.properties:3: unknown key'; echo; exit 78"
    with supervised(tmp_path, ready=False, alpha=script) as running:
        assert running.process.wait(10) == 78
        assert running.said().splitlines() == [
            "ConfigurationRefused: alpha: config/x.properties:3: unknown key"
        ]


def test_a_member_that_never_comes_up_ends_the_start_and_stops_the_others(tmp_path: Path) -> None:
    with supervised(tmp_path, ready=False, alpha=RUNS, beta="echo broken; exit 3") as running:
        wait_until(lambda: running.pid("alpha") != 0, seconds=10, state=running.said)
        alpha = running.pid("alpha")

        assert running.process.wait(20) == 1

        assert "EmbeddedError: beta does not come up (status 3): broken" in running.said()
        assert not is_alive(alpha)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_system_comes_up_stops_it(tmp_path: Path, number: signal.Signals) -> None:
    with supervised(tmp_path, ready=False, alpha="echo up; exec sleep 1000") as running:
        wait_until(lambda: running.pid("alpha") != 0, seconds=10, state=running.said)
        alpha = running.pid("alpha")

        assert running.end(number) == 0

        assert running.said().endswith("stopped before it was ready\n")
        assert not is_alive(alpha)
