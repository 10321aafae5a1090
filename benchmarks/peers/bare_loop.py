"""A bare Python process that runs a function for one item after the other; argument: its source."""

import sys
from collections.abc import Callable
from contextlib import nullcontext

from benchmarks.peers.answering import answer_questions


def loaded(source: str) -> Callable[[str], object]:
    """The function `run` that the source defines."""
    names: dict[str, Callable[[str], object]] = {}
    exec(source, names)
    return names["run"]


def run_all(function: Callable[[str], object], count: int) -> int:
    """How many items it was run for; what it returns is forgotten."""
    for number in range(count):
        function(str(number))
    return count


if __name__ == "__main__":
    run = loaded(sys.argv[1])
    answer_questions(nullcontext({"run": lambda count: run_all(run, count)}))
