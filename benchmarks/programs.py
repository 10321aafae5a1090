"""Items of a program that does nothing, started for each of them, against xargs doing the same."""

from benchmarks.embedded_system import embedded_system, ours
from benchmarks.item_files import item_file, scratch
from benchmarks.judging import Bar, report
from benchmarks.peers.commands import xargs
from benchmarks.side_by_side import run_in_turns

ROUNDS = 5
ITEMS = 5_000
PEER_ITEMS = 3_000
PROGRAM = "#!/bin/dash\n:\n"

OURS = "fanfold run '#!/bin/dash'"
XARGS = "xargs -P2 -n1 sh -c :"

BARS = (Bar(ours=OURS, theirs=XARGS, least=0.9),)


def compare() -> bool:
    """The system as it comes; whether the bar was held."""
    with scratch() as folder, embedded_system() as system:
        ways = [
            ours(OURS, system, items=item_file(folder, count=ITEMS), function=PROGRAM),
            xargs(XARGS, "sh", "-c", ":", items=item_file(folder, count=PEER_ITEMS)),
        ]
        rounds = run_in_turns(ways, rounds=ROUNDS)
    work = f"{ITEMS:,} items a run for Fanfold, {PEER_ITEMS:,} for xargs: compared by rate"
    return report("programs", work=work, rounds=rounds, bars=BARS)
