"""Runs many seeds: python -m tests.simulation [--seeds 2000] [--first 0] [--seed N to replay one]."""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.bugs import BUGS
from tests.simulation.run import Story, run_seed


def run_many(first: int, seeds: int) -> list[Story]:
    """The stories of `seeds` seeds from `first` on, in order, over all cores."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(run_seed, range(first, first + seeds), chunksize=5))


def first_caught(bug: str, *, most: int) -> Story | None:
    """The first story that a planted bug spoils, within `most` seeds."""
    for seed in range(most):
        story = run_seed(seed, bug)
        if story.problem:
            return story
    return None


def summary(stories: list[Story]) -> str:
    """Counts over all runs, one line."""
    total: Counter[str] = Counter()
    for story in stories:
        total.update(story.counts)
    return ", ".join(f"{count} {name}" for name, count in sorted(total.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="replay this one and tell its faults")
    parser.add_argument(
        "--bugs", action="store_true", help="plant each known bug and tell which seed shows it"
    )
    asked = parser.parse_args()
    if asked.bugs:
        return _tell_bugs(asked.seeds)
    if asked.seed is not None:
        stories = [run_seed(asked.seed)]
        print("\n".join(stories[0].faults))
    else:
        started = time.monotonic()
        stories = run_many(asked.first, asked.seeds)
        print(f"{len(stories)} seeds in {time.monotonic() - started:.1f} s")
    print(summary(stories))
    broken = [story for story in stories if story.problem]
    for story in broken[:20]:
        print(f"seed {story.seed}: {story.problem}\n  replay: python -m tests.simulation --seed {story.seed}")
    return 1 if broken else 0


def _tell_bugs(most: int) -> int:
    with ProcessPoolExecutor() as pool:
        stories = dict(zip(BUGS, pool.map(partial(first_caught, most=most), BUGS), strict=True))
    for bug, story in stories.items():
        print(f"{bug}: " + (f"seed {story.seed}: {story.problem:.200}" if story else "NOT CAUGHT"))
    return 0 if all(stories.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
