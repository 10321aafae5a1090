"""The protocol under thousands of random histories of faults, and the proof that these would see a bug."""

import time

import pytest

from tests.simulation.bugs import BUGS, HUNTED
from tests.simulation.faults import GENTLE, HARSH
from tests.simulation.hunt import KILLS, hunt
from tests.simulation.many import first_caught, first_caught_of_each, replay, run_many, summary
from tests.simulation.run import Story, run_seed

SEEDS = 2_000
HUNTS = 120
SHOWN = 10


@pytest.mark.timeout(1_800)
def test_no_promise_is_broken_in_two_thousand_random_histories() -> None:
    """The counts are printed, with -s, because a simulation in which nothing happens shows nothing."""
    started = time.monotonic()

    stories = run_many(0, SEEDS)

    told = f"{len(stories)} seeds in {time.monotonic() - started:.0f} s: {summary(stories)}"
    print(f"\n{told}")
    broken = [story for story in stories if story.problem]
    shown = "\n".join(replay(story) for story in broken[:SHOWN])
    assert not broken, f"{len(broken)} of {told}\n{shown}"
    happened = {line.split()[1] for story in stories for line in story.faults}
    assert happened == {fault.__name__ for fault in (*GENTLE, *HARSH)}


@pytest.fixture(scope="module")
def caught() -> dict[str, Story | None]:
    return first_caught_of_each(BUGS, most=SEEDS)


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(caught: dict[str, Story | None], bug: str) -> None:
    story = caught[bug]

    assert story is not None, f"{SEEDS} seeds do not show this bug"
    print(f"\n{bug}: {replay(story)}")


@pytest.mark.timeout(600)
def test_no_innocent_item_is_lost_however_soon_the_workers_are_killed_in_turn() -> None:
    stories = run_many(0, HUNTS, play=hunt)

    broken = [story for story in stories if story.problem]
    print(f"\n{HUNTS} hunts: {summary(stories)}")
    assert not broken, "\n".join(replay(story, option="--hunt ") for story in broken[:SHOWN])
    assert sum(len(story.faults) for story in stories) > HUNTS * KILLS / 2


@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", HUNTED)
def test_a_hunt_catches_its_planted_bug(bug: str) -> None:
    story = first_caught(bug, most=4 * HUNTS, play=hunt)

    assert story is not None, f"{4 * HUNTS} hunts do not show this bug"
    print(f"\n{bug}: {replay(story, option='--hunt ')}")


def test_a_seed_is_the_same_history_each_time() -> None:
    first, again = run_seed(4), run_seed(4)

    assert (first.counts, first.faults, first.problem) == (again.counts, again.faults, again.problem)
    assert first.faults != run_seed(5).faults
