"""A child does not outlive its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""
CHILD = """
import os, sys
from app.support.processes import die_with_parent
die_with_parent(int(sys.argv[1]))
os.execv(sys.executable, [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"])
"""
ORPHAN = """
from app.support.processes import die_with_parent
die_with_parent(1 << 30)
print("still here")
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "gone"


def test_a_child_dies_with_a_killed_parent_even_after_exec() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 10
    while (state := state_of(child)) not in {"gone", "Z"}:
        assert time.monotonic() < deadline, f"the child is in state {state}"
        time.sleep(0.01)


def test_a_child_whose_parent_is_gone_already_ends_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", ORPHAN], check=False, capture_output=True, text=True)

    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout == ""


def test_a_child_of_its_parent_lives_on() -> None:
    code = "import sys; from app.support.processes import die_with_parent; die_with_parent(int(sys.argv[1]))"

    assert subprocess.run([sys.executable, "-c", code, str(os.getpid())], check=False).returncode == 0
