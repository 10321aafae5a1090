"""Celery's side of the comparisons, run in the peers' venv: sends tasks, gets their results."""

import time
from contextlib import nullcontext

from celery import Celery  # type: ignore[import-not-found]  # is in the peers' venv only

from benchmarks.peers.answering import answer_questions
from benchmarks.peers.celery_tasks import bash, echo

CHUNK = 200


def bash_chunks(count: int) -> int:
    """A bash an item, in chunks; all results are got."""
    return _through_chunks(bash, count)


def echo_chunks(count: int) -> int:
    """A call an item that returns the item, in chunks; all results are got."""
    return _through_chunks(echo, count)


def bash_delays(count: int) -> list[float]:
    """One bash after the other, each from `delay` to its result; the seconds that each took."""
    took = []
    for number in range(count):
        started = time.perf_counter()
        bash.delay(str(number)).get()
        took.append(time.perf_counter() - started)
    return took


def _through_chunks(task: Celery.Task, count: int) -> int:
    items = ((str(number),) for number in range(count))
    chunks = task.chunks(items, CHUNK).apply_async().get()
    got = sum(map(len, chunks))
    if got != count:
        raise SystemExit(f"{got} of {count} results")
    return got


if __name__ == "__main__":
    abilities = {"bash_chunks": bash_chunks, "echo_chunks": echo_chunks, "bash_delays": bash_delays}
    answer_questions(nullcontext(abilities))
