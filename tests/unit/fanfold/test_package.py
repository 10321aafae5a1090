"""What `import fanfold` offers."""

import ast
import contextlib
import io
import textwrap

import pytest

import fanfold
from tests.scheduler_door import Door


def test_every_name_that_is_offered_is_there() -> None:
    for name in fanfold.__all__:
        assert getattr(fanfold, name).__name__ == name


def test_a_name_that_is_not_offered_is_missed() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Clint'"):
        _ = fanfold.Clint  # type: ignore[attr-defined]


def test_the_example_of_the_package_runs(door: Door) -> None:
    _, example, _ = (fanfold.__doc__ or "").split("\n\n", 2)
    source = textwrap.dedent(example).replace("http://127.0.0.1:30000", door.url)
    out = io.StringIO()

    with contextlib.redirect_stdout(out):
        exec(compile(ast.parse(source), "example", "exec"), {"Client": fanfold.Client})

    assert [line.split()[:2] for line in out.getvalue().splitlines() if line] == [["0", "ok"], ["1", "ok"]]
    assert "/etc/passwd" in out.getvalue()
