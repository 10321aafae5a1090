"""The results of 1,000,000 items on their way out: the first line, the rate, and the memory of both sides."""

import http.client
import json
import os
import statistics
import subprocess
import time
from contextlib import closing

from benchmarks.embedded_system import FANFOLD, System, embedded_system
from benchmarks.limits import Measured, report_limits
from benchmarks.memory import MIB, PeakWatch
from fanfold.client import Client

ITEMS = 1_000_000
FEW = 1_000
FIRSTS = 9
MOST_FIRST_MILLISECONDS = 100
MOST_GROWTH_MIB = 64
_WORK_SECONDS = 150.0


def compare() -> bool:
    """Whether the bars were held. Raises WaitTimedOut where the work itself takes too long."""
    with embedded_system() as system:
        task = _done(system)
        firsts = [_first_line_milliseconds(system, task) for _ in range(FIRSTS)]
        watch = PeakWatch([system.pid("scheduler-1")])
        seconds = _read_raw(system, task)
        server = watch.growth_bytes() / MIB
        few_bytes, _ = _read_by_command(system, task, "--limit", str(FEW))
        all_bytes, command_seconds = _read_by_command(system, task)
    first = statistics.median(firsts)
    client = (all_bytes - few_bytes) / MIB
    figures = [
        Measured(what="the first line, median", value=first, unit="ms", most=MOST_FIRST_MILLISECONDS),
        Measured(what="all lines over HTTP, in order", value=ITEMS / seconds, unit="lines/s"),
        Measured(what="the scheduler grew by", value=server, unit="MiB", most=MOST_GROWTH_MIB),
        Measured(what="`fanfold results`", value=ITEMS / command_seconds, unit="lines/s"),
        Measured(what=f"it took more than for {FEW:,} lines", value=client, unit="MiB", most=MOST_GROWTH_MIB),
    ]
    return report_limits(
        "long_results", work=f"{ITEMS:,} python items that return what they get", figures=figures
    )


def _done(system: System) -> str:
    """A task of so many items that has ended."""
    with Client(system.url) as client:
        task = client.submit("def run(item): return item", range(ITEMS), language="python")
        ended = client.wait(task.task_id, timeout_seconds=_WORK_SECONDS)
    if ended.items_succeeded != ITEMS:
        raise RuntimeError(f"{ended.status}: {ended.items_succeeded:,} items succeeded")
    return task.task_id


def _first_line_milliseconds(system: System, task: str) -> float:
    with closing(http.client.HTTPConnection("127.0.0.1", system.port)) as connection:
        started = time.perf_counter()
        connection.request("GET", f"/schedule/{task}/results")
        line = connection.getresponse().readline()
        seconds = time.perf_counter() - started
    if json.loads(line)["index"] != 0:
        raise RuntimeError(line.decode())
    return seconds * 1e3


def _read_raw(system: System, task: str) -> float:
    """Seconds to read all lines; each must begin with its index."""
    with closing(http.client.HTTPConnection("127.0.0.1", system.port)) as connection:
        started = time.perf_counter()
        connection.request("GET", f"/schedule/{task}/results")
        answer = connection.getresponse()
        came = 0
        for line in answer:
            if not line.startswith(b'{"index":%d,' % came):
                raise RuntimeError(f"line {came} is {line.decode()}")
            came += 1
        seconds = time.perf_counter() - started
    if came != ITEMS:
        raise RuntimeError(f"{came:,} lines came")
    return seconds


def _read_by_command(system: System, task: str, *options: str) -> tuple[int, float]:
    """The most memory that `fanfold results` had, in bytes, and how many seconds it took."""
    started = time.perf_counter()
    command = (*FANFOLD, "results", "--url", system.url, *options, task)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"fanfold results ended with {process.returncode}")
    return usage.ru_maxrss << 10, time.perf_counter() - started
