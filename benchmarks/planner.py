"""The planner's own functions with simulated workers, in virtual time, against a perfect greedy scheduler."""

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random

from benchmarks.planner_cluster import Cluster, Delays, Measured
from benchmarks.planner_ideal import even_split_seconds, ideal_seconds
from benchmarks.planner_mixes import Mix, SimulatedTask, crew, crew_but_one_slot, lognormal
from benchmarks.side_by_side import machine

SEED = 7
PLANNER_US = 100.0
SMALL_TIMES = 2.5
FLAT = 2.0
HALF_TIME = 10.0
HUNG = 3_000
SIGMA = 1.5
HEADS = (
    "mix",
    "items",
    "ideal s",
    "measured s",
    "ideal / measured",
    "bar",
    "even split",
    "shards",
    "asked back",
    "copies",
    "planner µs a shard",
    "",
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A mix whose ideal / measured must be at least `bar`, and the planner's microseconds a shard at most.

    `hangs` is an item that takes a slot with it, for the ideal, too.
    """

    name: str
    bar: float
    most_us: float = math.inf
    mix: Callable[[], Mix]
    hangs: int | None = None


def compare() -> bool:
    """Print a table of all rows; whether each held its bar."""
    delays = Delays()
    print(
        f"### planner\n\n{machine()}; simulated: a call of the store takes {delays.round_trip * 1e3:g} ms, "
        f"a record on Kafka {delays.hop * 1e3:g} ms, a beat comes each second; seed {SEED}\n"
    )
    print(f"| {' | '.join(HEADS)} |\n|---|{'---:|' * (len(HEADS) - 2)}---|")
    held = [_print_row(row, delays=delays) for row in ROWS]
    held.append(_small_beside_huge(delays))
    held.append(_many_waiting(delays))
    print(flush=True)
    return all(held)


def _print_row(row: Row, *, delays: Delays) -> bool:
    mix = row.mix()
    (task,) = mix.tasks
    workers = mix.workers if row.hangs is None else crew_but_one_slot(4, task, row.hangs)
    ideal = ideal_seconds(task, workers)
    measured = _run(mix, delays=delays)
    ratio = ideal / measured.seconds
    held = ratio >= row.bar and measured.planner_us <= row.most_us
    cells = (
        row.name,
        f"{task.items:,}",
        f"{ideal:.1f}",
        f"{measured.seconds:.2f}",
        f"{ratio:.3f}",
        f"≥ {row.bar}",
        f"{ideal / even_split_seconds(task, mix.workers):.2f}",
        f"{measured.shards:,}",
        f"{measured.asked_back}",
        f"{measured.copied}",
        f"{measured.planner_us:.0f}",
        "held" if held else "MISSED",
    )
    print(f"| {' | '.join(cells)} |", flush=True)
    return held


def _run(mix: Mix, *, delays: Delays) -> Measured:
    with _without_collections():
        return Cluster(mix, delays=delays, seed=SEED).run()


@contextmanager
def _without_collections() -> Iterator[None]:
    """The simulated cluster's millions of objects would be searched in the planner's time."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _equal() -> Mix:
    return Mix(workers=crew(16), tasks=[SimulatedTask(name="t", items=64_000, seconds=lambda _: 0.02)])


def _slow() -> Mix:
    task = SimulatedTask(name="t", items=4_960, seconds=lambda _: 0.05)
    return Mix(workers=crew(4, slow=1), tasks=[task])


def _lognormal(
    arrange: Callable[[list[float]], object] = list.sort, *, sigma: float = SIGMA
) -> Callable[[], Mix]:
    def mix() -> Mix:
        times = lognormal(4_000, mean=0.08, sigma=sigma, seed=SEED)
        arrange(times)
        return Mix(workers=crew(4), tasks=[SimulatedTask(name="t", items=4_000, seconds=times.__getitem__)])

    return mix


def _joining() -> Mix:
    workers = crew(4)
    workers[3] = replace(workers[3], joins_at=HALF_TIME)
    return Mix(workers=workers, tasks=[SimulatedTask(name="t", items=5_600, seconds=lambda _: 0.05)])


def _dying() -> Mix:
    workers = crew(4)
    workers[3] = replace(workers[3], dies_at=HALF_TIME)
    return Mix(workers=workers, tasks=[SimulatedTask(name="t", items=5_600, seconds=lambda _: 0.05)])


def _hanging() -> Mix:
    task = SimulatedTask(
        name="t", items=6_400, seconds=lambda _: 0.05, idempotent=True, hangs=frozenset({HUNG})
    )
    return Mix(workers=crew(4), tasks=[task])


def _thousand() -> Mix:
    task = SimulatedTask(name="t", items=1_000_000, seconds=lambda _: 0.08)
    return Mix(workers=crew(1_000), tasks=[task])


ROWS = (
    Row(name="16 equal workers of 4 slots, 20 ms", bar=0.95, mix=_equal),
    Row(name="one of four workers 10 × slower, 50 ms", bar=0.90, mix=_slow),
    Row(name="log-normal times, σ = 1.5, shortest first", bar=0.92, mix=_lognormal()),
    Row(name="the same, σ = 2.5", bar=0.92, mix=_lognormal(sigma=2.5)),
    Row(name="σ = 1.5, longest first", bar=0.92, mix=_lognormal(list.reverse)),
    Row(name="the same, shuffled", bar=0.92, mix=_lognormal(lambda times: Random(SEED).shuffle(times))),
    Row(name="a fourth worker joins at half time", bar=0.90, mix=_joining),
    Row(name="one of four dies at half time", bar=0.90, mix=_dying),
    Row(name="an item hangs where it begins first, idempotent", bar=0.90, mix=_hanging, hangs=HUNG),
    Row(name="1,000 workers of 4 slots, 80 ms", bar=0.97, most_us=PLANNER_US, mix=_thousand),
)


def _small_beside_huge(delays: Delays) -> bool:
    """Two tasks of one priority, the small one a second later: how many times as long it takes as alone."""
    small = SimulatedTask(name="small", items=100, seconds=lambda _: 0.05)
    huge = SimulatedTask(name="huge", items=1_000_000, seconds=lambda _: 0.02)
    workers = crew(4)
    alone = _run(Mix(workers=workers, tasks=[small]), delays=delays).seconds
    late = replace(small, submitted_at=1.0)
    beside = _run(Mix(workers=workers, tasks=[huge, late], only="small"), delays=delays).seconds
    held = beside <= SMALL_TIMES * alone
    print(
        f"\n100 items of 50 ms, a second after 1,000,000 items: {beside:.2f} s, alone {alone:.2f} s: "
        f"{beside / alone:.2f} × (bar ≤ {SMALL_TIMES}) {'held' if held else 'MISSED'}"
    )
    return held


def _many_waiting(delays: Delays) -> bool:
    """Open tasks of 100 items: all end; how much of a second the planner takes, with ten times as many."""
    figures = {}
    for count in (100, 1_000):
        tasks = [SimulatedTask(name=f"t{n}", items=100, seconds=lambda _: 0.01) for n in range(count)]
        figures[count] = _run(Mix(workers=crew(16), tasks=tasks), delays=delays)
    few, many = (figures[count].planner_seconds / figures[count].seconds for count in (100, 1_000))
    held = many <= FLAT * few
    print(
        f"\n1,000 open tasks of 100 items of 10 ms: {figures[1_000].seconds:.1f} s "
        f"(ideal {1_000 * 100 * 0.01 / 64:.1f}), planner {many:.1%} of a core; with 100 tasks {few:.1%} "
        f"(bar ≤ {FLAT} ×) {'held' if held else 'MISSED'}"
    )
    return held
