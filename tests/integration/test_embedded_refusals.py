"""What `fanfold up`, `down` and `worker` cannot do they say in one line, and end with a status."""

import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

from fanfold.embedded.ports import free_port
from fanfold.embedded.state import StateFolder

ROOT = Path(__file__).parents[2]


def fanfold(*arguments: str, prefix: str = "", folder: Path) -> subprocess.CompletedProcess[str]:
    command = shlex.join([sys.executable, "-m", "fanfold", *arguments])
    return subprocess.run(
        ["bash", "-c", f"{prefix} {command}"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
        listener.listen()
        port = listener.getsockname()[1]

        done = fanfold("up", "--port", str(port - 1), "--schedulers", "2", folder=tmp_path)

    assert done.returncode == 1
    assert done.stderr == (
        f"fanfold: error: port {port} of 127.0.0.1 is in use: "
        "stop what listens there, or choose another with --port\n"
    )


def test_a_second_system_in_a_folder_is_refused_attached_and_detached(tmp_path: Path) -> None:
    with StateFolder(root=tmp_path / ".fanfold").hold():
        attached = fanfold("up", folder=tmp_path)
        detached = fanfold("up", "--detach", folder=tmp_path)

    assert attached.returncode == detached.returncode == 1
    assert attached.stderr == detached.stderr
    assert attached.stderr.startswith(f"fanfold: error: a system already runs in {tmp_path / '.fanfold'}: ")
    assert attached.stderr.count("\n") == 1


def test_a_full_disk_is_named_with_the_room_that_is_needed(tmp_path: Path) -> None:
    small = 'mkdir disk && mount -t tmpfs -o size=1m small disk && exec "$@"'
    done = fanfold(
        "up",
        "--data-dir",
        "disk",
        prefix=f"unshare --map-root-user --mount bash -c {shlex.quote(small)} --",
        folder=tmp_path,
    )

    assert done.returncode == 1
    assert (
        done.stderr
        == f"fanfold: error: the disk of {tmp_path}/disk is full: 0 MiB are free, 256 MiB are needed\n"
    )


def test_a_disk_that_takes_no_more_files_is_named(tmp_path: Path) -> None:
    small = 'mkdir disk && mount -t tmpfs -o nr_inodes=2 small disk && exec "$@"'
    done = fanfold(
        "up",
        "--data-dir",
        "disk",
        prefix=f"unshare --map-root-user --mount bash -c {shlex.quote(small)} --",
        folder=tmp_path,
    )

    assert done.returncode == 1
    assert done.stderr == (
        f"fanfold: error: the disk is full ({tmp_path}/disk/logs): free some space and try again\n"
    )


def test_a_detached_start_that_fails_says_why_and_ends_with_its_status(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    done = fanfold("up", "--detach", prefix=f"XDG_CACHE_HOME={tmp_path}/cache", folder=tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("fanfold: error: ")
    assert f"{tmp_path}/cache" in done.stderr
    assert StateFolder(root=tmp_path / ".fanfold").holder() is None


def test_down_and_worker_say_that_nothing_runs(tmp_path: Path) -> None:
    down = fanfold("down", folder=tmp_path)
    worker = fanfold("worker", "--data-dir", "elsewhere", folder=tmp_path)

    assert down.returncode == worker.returncode == 1
    assert down.stderr == f"fanfold: error: no system runs in {tmp_path}/.fanfold\n"
    assert worker.stderr.startswith(f"fanfold: error: no system runs in {tmp_path}/elsewhere: ")
    assert list(tmp_path.iterdir()) == []
