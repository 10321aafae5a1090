"""Helper processes of the comparisons."""

import sys
from pathlib import Path

import pytest

from benchmarks.companions import companion

LOOP = (sys.executable, "-m", "benchmarks.peers.bare_loop")


def test_a_companion_does_what_it_is_asked(tmp_path: Path) -> None:
    with companion((*LOOP, "def run(item): print(item)"), folder=tmp_path) as loop:
        assert loop.ask("run", 3) == 3
        loop.begin("run", 1)
        loop.begin("run", 2)
        assert [loop.answer(), loop.answer()] == [1, 2]


def test_why_a_companion_ended_is_told(tmp_path: Path) -> None:
    function = "def run(item): 1 / (2 - int(item))"

    with (
        companion((*LOOP, function), folder=tmp_path) as loop,
        pytest.raises(RuntimeError, match="bare_loop has ended: ZeroDivisionError"),
    ):
        loop.ask("run", 3)
