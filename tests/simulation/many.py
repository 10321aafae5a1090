"""Many histories over all cores: their stories, what they were made of, and how to see one again."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tests.simulation.run import Story, run_seed


def run_many(first: int, seeds: int, *, play: Callable[[int], Story] = run_seed) -> list[Story]:
    """The stories of `seeds` seeds from `first` on, in order."""
    with _processes() as pool:
        return list(pool.map(play, range(first, first + seeds), chunksize=5))


def first_caught_of_each(bugs: Iterable[str], *, most: int) -> dict[str, Story | None]:
    """For each planted bug the first story that it spoils, within `most` seeds."""
    names = list(bugs)
    with _processes() as pool:
        return dict(zip(names, pool.map(partial(first_caught, most=most), names), strict=True))


def first_caught(bug: str, *, most: int, play: Callable[[int, str], Story] = run_seed) -> Story | None:
    """The first story that a planted bug spoils, within `most` seeds."""
    stories = (play(seed, bug) for seed in range(most))
    return next((story for story in stories if story.problem), None)


def summary(stories: Iterable[Story]) -> str:
    """Counts over all runs, one line."""
    total: Counter[str] = Counter()
    for story in stories:
        total.update(story.counts)
    return ", ".join(f"{count} {name}" for name, count in sorted(total.items()))


def replay(story: Story, *, option: str = "") -> str:
    """What broke, and the command that shows it again."""
    command = f"python -m tests.simulation {option}--seed {story.seed}"
    return f"seed {story.seed}: {story.problem or '':.600}\n  replay: {command}"


def _processes() -> ProcessPoolExecutor:
    """New ones: whoever calls may have threads, and forks of those may hang."""
    return ProcessPoolExecutor(mp_context=get_context("spawn"))
