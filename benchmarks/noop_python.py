"""300,000 Python items that return what they get, against Celery doing the same in chunks."""

from benchmarks.embedded_system import System, embedded_system, ours
from benchmarks.item_files import item_file, scratch
from benchmarks.judging import Bar, report
from benchmarks.peers.celery_system import celery_system
from benchmarks.side_by_side import run_in_turns, timed
from fanfold.client import Client

ROUNDS = 3
ITEMS = 300_000
CELERY_ITEMS = 20_000
FUNCTION = "def run(item): return item"

OURS = "fanfold run --lang python"
CELERY = "Celery chunks(200)"

COMPLETED = "submit to COMPLETED"

BARS = (
    Bar(ours=OURS, theirs=CELERY, least=5, goal=8),
    Bar(ours=COMPLETED, theirs=CELERY),
)


def compare() -> bool:
    """The system as it comes; both sides hold all results at the end. Whether the bar was held."""
    with scratch() as folder, embedded_system() as system, celery_system(folder) as celery:
        items = item_file(folder, count=ITEMS)
        ways = [
            ours(OURS, system, items=items, function=FUNCTION, language="python"),
            timed(CELERY, lambda: celery.ask("echo_chunks", CELERY_ITEMS), items=CELERY_ITEMS),
            timed(COMPLETED, lambda: _complete(system), items=ITEMS),
        ]
        rounds = run_in_turns(ways, rounds=ROUNDS)
    work = f"{ITEMS:,} items a run for Fanfold, {CELERY_ITEMS:,} for Celery: compared by rate"
    return report("noop_python", work=work, rounds=rounds, bars=BARS)


def _complete(system: System) -> None:
    """Without reading the results: what the workers need, and the way to them."""
    with Client(system.url) as client:
        task = client.submit(FUNCTION, map(str, range(ITEMS)), language="python")
        ended = client.wait(task.task_id)
    if ended.items_succeeded != ITEMS:
        raise RuntimeError(f"the task is {ended.status}: {ended.items_succeeded} items succeeded")
