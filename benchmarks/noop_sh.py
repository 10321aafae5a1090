"""sh items that do nothing against bash items that do nothing, both on the same system."""

from benchmarks.embedded_system import embedded_system, ours
from benchmarks.item_files import item_file, scratch
from benchmarks.judging import Bar, report
from benchmarks.side_by_side import run_in_turns

ROUNDS = 5
ITEMS = 10_000

SH = "fanfold run --lang sh :"
BASH = "fanfold run --lang bash :"

BARS = (Bar(ours=SH, theirs=BASH, least=1.3),)


def compare() -> bool:
    """The system as it comes; whether the bar was held."""
    with scratch() as folder, embedded_system() as system:
        items = item_file(folder, count=ITEMS)
        ways = [
            ours(SH, system, items=items, function=":", language="sh"),
            ours(BASH, system, items=items, function=":", language="bash"),
        ]
        rounds = run_in_turns(ways, rounds=ROUNDS)
    return report("noop_sh", work=f"{ITEMS:,} items a run", rounds=rounds, bars=BARS)
