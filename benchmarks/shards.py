"""Whole systems of many workers against a perfect greedy scheduler; run alone, it takes names of rows."""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from benchmarks.embedded_system import System, embedded_system
from benchmarks.planner_ideal import even_split_seconds, ideal_seconds
from benchmarks.planner_mixes import SimulatedTask, SimulatedWorker, crew, crew_but_one_slot, lognormal
from benchmarks.shards_system import cpu_seconds, joined_worker, killed, tree_of, wait_for_workers
from benchmarks.side_by_side import machine
from fanfold.client import Client
from fanfold.values import TaskState

SLOTS = 4
SEED = 7
SIGMA = 1.5
HALF_TIME = 10.0
DETECTION_SECONDS = 4.0
MOST_SECONDS = 120.0
SMALL_TIMES = 2.5
FLAT = 2.0

SLEEP = "import time\ndef run(item): time.sleep({seconds})"
SLEEP_AS_TOLD = "import time\ndef run(item): time.sleep(float(item))"
SLEEP_BY_WORKER = """
import os, time
SECONDS = {seconds} * (10 if os.environ["FANFOLD_WORKER_ID"] == {slow!r} else 1)
def run(item): time.sleep(SECONDS)
"""
HANG_FIRST = """
import os, time
def run(item):
    if item == "{index}":
        try:
            os.close(os.open({marker!r}, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        time.sleep(3_600)
    time.sleep({seconds})
"""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`seconds` from the call that submits to the answer that it has ended; the status then."""

    seconds: float
    shards: int
    ended: bool


def _run(
    client: Client,
    function: str,
    items: Sequence[str] | range,
    *,
    idempotent: bool = False,
    meanwhile: Callable[[], None] | None = None,
) -> Measured:
    """Submit a task and wait for its end, at most MOST_SECONDS."""
    started = time.perf_counter()
    task = client.submit(function, items, language="python", idempotent=idempotent)
    if meanwhile is not None:
        meanwhile()
    status = client.wait(task.task_id, timeout_seconds=MOST_SECONDS)
    return Measured(
        seconds=time.perf_counter() - started,
        shards=status.chunks_executed,
        ended=status.status is TaskState.COMPLETED,
    )


def _told(
    name: str, *, measured: Measured, ideal: float, bar: float, note: str = "", taken_off: float = 0.0
) -> bool:
    ratio = ideal / (measured.seconds - taken_off)
    held = ratio >= bar and measured.ended
    cells = (
        name,
        f"{ideal:.1f}",
        f"{measured.seconds:.2f}",
        f"{ratio:.3f}",
        f"≥ {bar}",
        f"{measured.shards}",
        note,
        "held" if held else "MISSED",
    )
    print(f"| {' | '.join(cells)} |", flush=True)
    return held


def _sleeping(items: int, seconds: float) -> SimulatedTask:
    return SimulatedTask(name="t", items=items, seconds=lambda _: seconds)


def equal() -> bool:
    """16 workers of 4 slots, 64,000 items of 20 ms."""
    with embedded_system("--workers", "16", "--slots", str(SLOTS)) as system, Client(system.url) as client:
        wait_for_workers(client, 16)
        measured = _run(client, SLEEP.format(seconds=0.02), range(64_000))
    ideal = ideal_seconds(_sleeping(64_000, 0.02), crew(16))
    return _told("16 equal workers, 64,000 × 20 ms", measured=measured, ideal=ideal, bar=0.95)


def slow() -> bool:
    """One of four workers is ten times slower."""
    workers = crew(4, slow=1)
    task = _sleeping(4_960, 0.05)
    with embedded_system("--workers", "4", "--slots", str(SLOTS)) as system, Client(system.url) as client:
        names = wait_for_workers(client, 4)
        measured = _run(client, SLEEP_BY_WORKER.format(seconds=0.05, slow=names[0]), range(task.items))
    ideal = ideal_seconds(task, workers)
    even = ideal / even_split_seconds(task, workers)
    note = f"an even split: {even:.2f}"
    return _told("one of 4 × 10 slower, 4,960 × 50 ms", measured=measured, ideal=ideal, bar=0.90, note=note)


def unequal() -> bool:
    """Log-normal item times, the longest last: nobody can see them coming."""
    times = lognormal(4_000, mean=0.08, sigma=SIGMA, seed=SEED)
    task = SimulatedTask(name="t", items=len(times), seconds=times.__getitem__)
    with embedded_system("--workers", "4", "--slots", str(SLOTS)) as system, Client(system.url) as client:
        wait_for_workers(client, 4)
        measured = _run(client, SLEEP_AS_TOLD, [f"{seconds:.6f}" for seconds in times])
    ideal = ideal_seconds(task, crew(4))
    return _told("4 workers, log-normal σ = 1.5, longest last", measured=measured, ideal=ideal, bar=0.92)


def joins() -> bool:
    """A fourth worker is started at half time; it counts from when it is listed."""
    task = _sleeping(5_600, 0.05)
    listed: list[float] = []
    with ExitStack() as stack:
        system = stack.enter_context(embedded_system("--workers", "3", "--slots", str(SLOTS)))
        client = stack.enter_context(Client(system.url))
        wait_for_workers(client, 3)
        began = time.perf_counter()

        def join() -> None:
            time.sleep(HALF_TIME)
            stack.enter_context(joined_worker(system, slots=SLOTS))
            wait_for_workers(client, 4)
            listed.append(time.perf_counter() - began)

        measured = _run(client, SLEEP.format(seconds=0.05), range(task.items), meanwhile=join)
    workers = [*crew(3), SimulatedWorker(name="late", joins_at=listed[0])]
    note = f"listed after {listed[0]:.1f} s"
    ideal = ideal_seconds(task, workers)
    return _told("a worker joins, 5,600 × 50 ms", measured=measured, ideal=ideal, bar=0.90, note=note)


def dies() -> bool:
    """One of four is killed at half time, and not started again."""
    task = _sleeping(5_600, 0.05)
    with ExitStack() as stack:
        system = stack.enter_context(embedded_system("--workers", "3", "--slots", str(SLOTS)))
        client = stack.enter_context(Client(system.url))
        process = stack.enter_context(joined_worker(system, slots=SLOTS))
        wait_for_workers(client, 4)
        function = SLEEP.format(seconds=0.05)
        measured = _run(client, function, range(task.items), meanwhile=lambda: killed(process, HALF_TIME))
    workers = [*crew(3), SimulatedWorker(name="dying", dies_at=HALF_TIME)]
    ideal = ideal_seconds(task, workers)
    note = f"{DETECTION_SECONDS:g} s of detection taken off; {ideal / measured.seconds:.3f} with them"
    return _told(
        "one of 4 is killed, 5,600 × 50 ms",
        measured=measured,
        ideal=ideal,
        bar=0.90,
        note=note,
        taken_off=DETECTION_SECONDS,
    )


def hangs() -> bool:
    """An item hangs where it is begun first, and nowhere else; the task says that items may run twice."""
    task = _sleeping(6_400, 0.05)
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_system("--workers", "4", "--slots", str(SLOTS)) as system,
        Client(system.url) as client,
    ):
        wait_for_workers(client, 4)
        function = HANG_FIRST.format(index=3_000, marker=str(Path(folder) / "begun"), seconds=0.05)
        measured = _run(client, function, range(task.items), idempotent=True)
    ideal = ideal_seconds(task, crew_but_one_slot(4, task, 3_000))
    return _told("an item hangs, idempotent, 6,400 × 50 ms", measured=measured, ideal=ideal, bar=0.90)


def beside() -> bool:
    """100 items of 50 ms, alone and a second after a million others of the same priority."""
    small = SLEEP.format(seconds=0.05)
    with embedded_system("--workers", "2", "--slots", str(SLOTS)) as system, Client(system.url) as client:
        wait_for_workers(client, 2)
        alone = min(_run(client, small, range(100)).seconds for _ in range(3))
        huge = client.submit("def run(item): return item", range(1_000_000), language="python")
        time.sleep(1.0)
        late = _run(client, small, range(100)).seconds
        client.cancel(huge.task_id)
    held = late <= SMALL_TIMES * alone
    print(
        f"| 100 × 50 ms beside 1,000,000 | {alone:.2f} alone | {late:.2f} | {late / alone:.2f} × "
        f"| ≤ {SMALL_TIMES} × | | | {'held' if held else 'MISSED'} |",
        flush=True,
    )
    return held


def many() -> bool:
    """1,000 open tasks of 100 items that do nothing all end, and planning costs about what it does of 100."""
    with embedded_system() as system, Client(system.url) as client:
        wait_for_workers(client, 2)
        few = _open_tasks(system, client, count=100)
        most = _open_tasks(system, client, count=1_000)
    held = most[1] <= FLAT * few[1]
    cost = f"scheduler {most[1]:.0%} of a core, of 100 {few[1]:.0%}"
    print(
        f"| 1,000 open tasks of 100 × no-op bash | | {most[0]:.1f} | {cost} | ≤ {FLAT} × | | "
        f"| {'held' if held else 'MISSED'} |",
        flush=True,
    )
    return held


def _open_tasks(system: System, client: Client, *, count: int) -> tuple[float, float]:
    """Seconds until all have ended, and the part of a core that the scheduler takes once all are open."""
    started = time.perf_counter()
    tasks = [client.submit(":", range(100)).task_id for _ in range(count)]
    processes = tree_of(system.pid("scheduler-1"))
    began, before = time.perf_counter(), sum(map(cpu_seconds, processes))
    for task_id in tasks:
        client.wait(task_id, timeout_seconds=2 * MOST_SECONDS)
    used = sum(map(cpu_seconds, processes)) - before
    return time.perf_counter() - started, used / (time.perf_counter() - began)


ROWS: MappingProxyType[str, Callable[[], bool]] = MappingProxyType(
    {
        "equal": equal,
        "slow": slow,
        "unequal": unequal,
        "joins": joins,
        "dies": dies,
        "hangs": hangs,
        "beside": beside,
        "many": many,
    }
)


def compare(names: Sequence[str] = ()) -> bool:
    """Print the rows named, or all, as a table; whether each held its bar."""
    print(
        f"### shards\n\n{machine()}; Python items that sleep, 4 slots a worker; the submit is in the time\n"
    )
    print("| system | ideal s | measured s | ideal / measured | bar | shards | | |")
    print("|---|---:|---:|---:|---:|---:|---|---|", flush=True)
    held = [ROWS[name]() for name in names or ROWS]
    print(flush=True)
    return all(held)


if __name__ == "__main__":
    sys.exit(0 if compare(sys.argv[1:]) else 1)
