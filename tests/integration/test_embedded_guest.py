"""A guest of a running system ends with it, however that ends, and takes along what it has started."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.systems import environment, processes_about
from tests.servers import wait_until

# Like a supervisor: catches the signals, has a guest, waits for a request to stop.
HOST = """
import os, sys, time
from fanfold.embedded.guest import Guest
from fanfold.embedded.signals import caught_signals

def told(status):
    print("guest ended", status, flush=True)

guest = Guest(["bash", "-c", sys.argv[1]], environment=os.environ, told=told)
with caught_signals() as signals:
    guest.begin()
    while not signals.stops_asked:
        signals.wait(0.1)
    print("host stops", flush=True)
guest.end()
print("host ends", flush=True)
"""


@contextmanager
def a_host(guest: str, *, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOST, guest], cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def await_alone(folder: Path) -> None:
    wait_until(lambda: not processes_about(folder), seconds=10, state=lambda: processes_about(folder))


def read_line(host: "subprocess.Popen[str]") -> str:
    assert host.stdout is not None
    return host.stdout.readline()


@pytest.mark.parametrize(("guest", "status"), [("exit 3", 3), ("kill -KILL $$", 137)])
def test_its_status_is_told_and_nothing_it_started_survives_the_host(
    guest: str, status: int, tmp_path: Path
) -> None:
    with a_host(f"sleep 600 >/dev/null & {guest}", folder=tmp_path) as host:
        assert read_line(host) == f"guest ended {status}\n"

        host.terminate()

        assert host.communicate(timeout=30)[0] == "host stops\nhost ends\n"
        assert host.returncode == 0
    await_alone(tmp_path)


def test_it_is_asked_to_end_before_the_host_stops_and_can_clean_up(tmp_path: Path) -> None:
    with a_host("trap 'echo cleaned' EXIT; echo begun; sleep 600; echo late", folder=tmp_path) as host:
        assert read_line(host) == "begun\n"

        host.send_signal(signal.SIGINT)

        # Both write to the same pipe, and a line may come in two writes.
        told = re.findall("cleaned|late|host ends|host stops", host.communicate(timeout=30)[0])
        assert sorted(told) == ["cleaned", "host ends", "host stops"]
    await_alone(tmp_path)


def test_one_that_will_not_end_is_killed(tmp_path: Path) -> None:
    with a_host("trap '' TERM; echo begun; sleep 600", folder=tmp_path) as host:
        assert read_line(host) == "begun\n"

        host.terminate()

        assert host.communicate(timeout=30)[0] == "host stops\nhost ends\n"
    await_alone(tmp_path)


def test_kill_9_of_the_host_ends_it(tmp_path: Path) -> None:
    with a_host("echo begun; sleep 600; true", folder=tmp_path) as host:
        assert read_line(host) == "begun\n"

        host.kill()
        host.wait()

        await_alone(tmp_path)
