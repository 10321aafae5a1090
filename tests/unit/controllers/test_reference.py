"""The reference page and the code say the same."""

import re
from pathlib import Path

import pytest

from app.controllers.problems import TYPES
from app.http_reference import page_text
from tests.api import Api

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/reference/http.md"


def test_the_page_is_what_the_code_makes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_text(page), "say `make docs`"


@pytest.mark.parametrize(
    "path", ["/schedule/x", "/schedule/status", "/schedule?after=x", "/nope", "/schedule/x?wait=x"]
)
def test_a_problem_points_to_the_page(api: Api, path: str) -> None:
    kind = api.get(path).get_json()["type"]
    page, _, place = kind.partition("#")
    assert (ROOT / f"{page.removeprefix('/')}.md") == PAGE
    assert page == TYPES
    assert re.search(rf'<a id="{place}"></a>', PAGE.read_text(encoding="utf-8"))
