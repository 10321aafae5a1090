"""Runs many seeds: python -m tests.simulation [--hunt] [--seeds 2000] [--first 0] [--seed N to replay]."""

import argparse
import sys
import time

from tests.simulation.bugs import BUGS
from tests.simulation.hunt import hunt
from tests.simulation.many import first_caught_of_each, replay, run_many, summary
from tests.simulation.run import run_seed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="replay this one and tell its faults")
    parser.add_argument(
        "--bugs", action="store_true", help="plant each known bug and tell which seed shows it"
    )
    parser.add_argument("--hunt", action="store_true", help="kill one worker after the other instead")
    asked = parser.parse_args()
    play = hunt if asked.hunt else run_seed
    if asked.bugs:
        return _tell_bugs(asked.seeds)
    if asked.seed is not None:
        stories = [play(asked.seed)]
        print("\n".join(stories[0].faults))
    else:
        started = time.monotonic()
        stories = run_many(asked.first, asked.seeds, play=play)
        print(f"{len(stories)} seeds in {time.monotonic() - started:.1f} s")
    print(summary(stories))
    broken = [story for story in stories if story.problem]
    for story in broken[:20]:
        print(replay(story))
    return 1 if broken else 0


def _tell_bugs(most: int) -> int:
    stories = first_caught_of_each(BUGS, most=most)
    for bug, story in stories.items():
        print(f"{bug}: " + (f"seed {story.seed}: {story.problem:.200}" if story else "NOT CAUGHT"))
    return 0 if all(stories.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
