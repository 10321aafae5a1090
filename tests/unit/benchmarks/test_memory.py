"""The memory of processes and their descendants, as the system tells it."""

import os
import subprocess
import sys

from benchmarks.memory import MIB, PeakWatch, family

GREEDY = """
import sys
print("ready", flush=True)
for line in sys.stdin:
    block = b"x" * (int(line) << 20)
    del block
    print("done", flush=True)
"""


def test_a_peak_that_is_over_counts_until_the_watch_begins_again() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", GREEDY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as greedy:
        assert greedy.stdin is not None
        assert greedy.stdout is not None
        assert greedy.stdout.readline() == "ready\n"
        watch = PeakWatch([greedy.pid])
        greedy.stdin.write("50\n")
        greedy.stdin.flush()
        assert greedy.stdout.readline() == "done\n"
        assert 45 * MIB < watch.growth_bytes() < 60 * MIB
        watch.restart()
        assert watch.growth_bytes() < 5 * MIB
        greedy.stdin.close()


def test_a_family_is_a_process_and_all_that_descend_from_it() -> None:
    command = [sys.executable, "-c", "import subprocess; subprocess.run(['cat'])"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as parent:
        assert parent.stdin is not None
        assert parent.pid in set(family([os.getpid()]))
        assert next(iter(family([parent.pid]))) == parent.pid
        parent.stdin.close()
