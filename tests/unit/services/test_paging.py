"""Cursors say where a page ended, exactly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.paging import Cursor


@settings(deadline=None)
@given(st.floats(0, 1e11), st.uuids())
def test_a_cursor_is_read_as_it_was_written(created_at: float, task_id: object) -> None:
    cursor = Cursor(created_at=created_at, task_id=str(task_id))
    assert Cursor.read(cursor.text) == cursor
    assert cursor.text.replace("-", "").replace("_", "").isalnum()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        Cursor.read(text)
