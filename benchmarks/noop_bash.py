"""10,000 bash items that do nothing: the whole system, from command to last result, against everybody."""

import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks.companions import companion
from benchmarks.embedded_system import embedded_system, ours
from benchmarks.installing import has_parallel, peers_python
from benchmarks.item_files import item_file, scratch
from benchmarks.judging import Bar, report
from benchmarks.peers.bare_slots import bare_slots
from benchmarks.peers.celery_system import celery_system
from benchmarks.peers.commands import parallel, xargs
from benchmarks.peers.runners_alone import runners_alone
from benchmarks.side_by_side import Way, run_in_turns, self_timed, timed

ROUNDS = 5
ITEMS = 10_000
BARE_ITEMS = 4_000
PEERS_ITEMS = 1_600
SLOW_ITEMS = 400

OURS = "fanfold run :"
XARGS = "xargs -P2 -n1 bash -c :"
PARALLEL = "parallel -j2 :"
HYPERQUEUE = "HyperQueue"
CELERY = "Celery chunks(200)"
DASK = "Dask map"
BARE = "two bare bash slots"
RUNNERS = "two runners alone"

BARS = (
    Bar(ours=OURS, theirs=XARGS, least=2.5, goal=3),
    Bar(ours=OURS, theirs=PARALLEL, least=9),
    Bar(ours=OURS, theirs=HYPERQUEUE, least=7),
    Bar(ours=OURS, theirs=CELERY, least=5, goal=6),
    Bar(ours=OURS, theirs=DASK),
    Bar(ours=OURS, theirs=BARE, least=0.75),
    Bar(ours=OURS, theirs=RUNNERS),
)


def compare() -> bool:
    """The system as it comes against peers of two processes each; whether the bars were held."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        system = stack.enter_context(embedded_system())
        ways = [
            ours(OURS, system, items=item_file(folder, count=ITEMS), function=":"),
            *_peers(stack, folder=folder),
        ]
        rounds = run_in_turns(ways, rounds=ROUNDS)
    work = (
        f"{ITEMS:,} items a run for Fanfold, {PEERS_ITEMS:,} for xargs and Celery, {BARE_ITEMS:,} for"
        f" bare slots and runners, {SLOW_ITEMS:,} for the others: compared by rate"
    )
    measured = {way.name for way in ways}
    bars = [bar for bar in BARS if bar.theirs in measured]
    return report("noop_bash", work=work, rounds=rounds, bars=bars)


def _peers(stack: ExitStack, *, folder: Path) -> list[Way]:
    some, few = item_file(folder, count=PEERS_ITEMS), item_file(folder, count=SLOW_ITEMS)
    python, module = peers_python(), "benchmarks.peers."
    celery = stack.enter_context(celery_system(folder))
    hyperqueue_command = (python, "-m", module + "hyperqueue_client", str(folder))
    hyperqueue = stack.enter_context(companion(hyperqueue_command, folder=folder))
    dask = stack.enter_context(companion((python, "-m", module + "dask_client"), folder=folder))
    alone = runners_alone(RUNNERS, folder=folder, items=BARE_ITEMS, language="bash", function=":")
    return [
        xargs(XARGS, "bash", "-c", ":", items=some),
        *_gnu_parallel(few),
        self_timed(HYPERQUEUE, lambda: hyperqueue.ask("bash_tasks", SLOW_ITEMS), items=SLOW_ITEMS),
        timed(CELERY, lambda: celery.ask("bash_chunks", PEERS_ITEMS), items=PEERS_ITEMS),
        timed(DASK, lambda: dask.ask("bash_map", SLOW_ITEMS), items=SLOW_ITEMS),
        bare_slots(BARE, folder=folder, items=BARE_ITEMS),
        stack.enter_context(alone),
    ]


def _gnu_parallel(items: Path) -> list[Way]:
    if has_parallel():
        return [parallel(PARALLEL, ":", items=items)]
    print("benchmarks: GNU parallel is not there and cannot be installed: left out", file=sys.stderr)
    return []
