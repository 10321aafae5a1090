"""The page on a task's states says what the code says."""

import re
from pathlib import Path

import pytest

from app.models.task import LEGAL_MOVES, TERMINAL_STATES, TaskState

PAGE = Path(__file__).parents[3] / "docs" / "concepts" / "states.md"
ARROW = re.compile(r"^ *(\S+) --> (\S+)$", re.MULTILINE)
OUTSIDE = "[*]"


@pytest.fixture(scope="module")
def arrows() -> list[tuple[str, str]]:
    """All arrows of the page's one diagram."""
    (diagram,) = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lines = diagram.splitlines()
    found = ARROW.findall(diagram)
    assert len(found) == len(lines), "a line of the diagram is no arrow"
    return found


def test_the_diagram_shows_exactly_the_legal_moves(arrows: list[tuple[str, str]]) -> None:
    drawn = [(before, after) for before, after in arrows if OUTSIDE not in (before, after)]

    assert sorted(drawn) == sorted(
        (before.value, after.value) for before, afters in LEGAL_MOVES.items() for after in afters
    )


def test_the_diagram_begins_where_tasks_begin_and_ends_where_they_end(
    arrows: list[tuple[str, str]],
) -> None:
    assert [after for before, after in arrows if before == OUTSIDE] == [TaskState.QUEUED]
    ends = {before for before, after in arrows if after == OUTSIDE}
    assert ends == {state.value for state in TERMINAL_STATES}


def test_the_page_explains_every_state_and_no_other() -> None:
    explained = re.findall(r"^\| `([A-Z_]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)

    assert sorted(explained) == sorted(state.value for state in TaskState)


def test_every_state_has_its_moves_and_can_be_reached() -> None:
    reached = {TaskState.QUEUED}
    while new := {after for state in reached for after in LEGAL_MOVES[state]} - reached:
        reached |= new

    assert set(LEGAL_MOVES) == set(TaskState) == reached
