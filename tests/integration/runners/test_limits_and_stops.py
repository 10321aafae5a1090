"""Time limits, stopping and killing: who is hit, who is not begun, and how soon."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.models.result import ItemResult, Outcome
from app.models.task import Language
from tests.servers import wait_until
from tests.slot_runs import a_function, a_runner, items, processes_with, results_of
from worker.runners.ports import Runner, SlotContext


@pytest.mark.parametrize(
    "code",
    [
        "sleep 9999",
        "trap '' TERM; sleep 9999",
        "trap '' TERM; while :; do :; done",
        "cat /dev/zero >/dev/null",
        "tail -f /dev/null",
        "setsid sleep 9999 & wait",
        "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 9999' & wait",
        "kill -STOP $(sh -c 'echo $PPID')",
    ],
)
def test_an_item_over_its_time_is_ended_and_the_next_one_runs(
    code: str, shell: Language, context: SlotContext
) -> None:
    function = a_function(
        f'echo "$1"; if [ "$1" = long ]; then {code}; fi', language=shell, timeout_seconds=0.5
    )
    started = time.monotonic()
    first, long, last = results_of(function, "a", "long", "b", context=context)
    assert time.monotonic() - started < 6
    assert (first.stdout, first.outcome) == (b"a\n", Outcome.OK)
    assert (long.stdout, long.outcome) == (b"long\n", Outcome.TIMEOUT)
    assert (last.stdout, last.outcome) == (b"b\n", Outcome.OK)
    assert 400 < long.duration_ms < 3_000


def test_the_stdin_of_an_item_ends(shell: Language, context: SlotContext) -> None:
    function = a_function("cat; cat; cat", language=shell, timeout_seconds=10)
    [result] = results_of(function, "a", context=context)
    assert (result.stdout, result.outcome) == (b"a\n", Outcome.OK)


def test_an_item_over_its_time_may_clear_up(shell: Language, context: SlotContext) -> None:
    function = a_function(
        "trap 'echo cleared; exit 5' TERM; sleep 9999 & wait", language=shell, timeout_seconds=0.3
    )
    [result] = results_of(function, "a", context=context)
    assert (result.outcome, result.exit_code, result.stdout) == (Outcome.TIMEOUT, 5, b"cleared\n")


def test_each_item_has_its_own_time(shell: Language, context: SlotContext) -> None:
    function = a_function("sleep 0.3", language=shell, timeout_seconds=1.5)
    results = results_of(function, *"abcdefgh", context=context)
    assert [each.outcome for each in results] == [Outcome.OK] * 8


class Run:
    """A run in a thread, and what it has told so far."""

    def __init__(self, runner: Runner, *texts: str) -> None:
        self.runner = runner
        self.results: list[ItemResult] = []
        self.begun: list[int] = []
        self.unbegun: list[int] = []
        self._thread = threading.Thread(target=self._run, args=texts)
        self._thread.start()

    def _run(self, *texts: str) -> None:
        self.runner.run(
            items(*texts),
            on_results=self.results.extend,
            on_start=self.begun.append,
            on_unbegun=self.unbegun.extend,
        )

    def join(self, *, seconds: float) -> None:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), self.results


@contextmanager
def a_run(language: Language, source: str, *texts: str, context: SlotContext) -> Iterator[Run]:
    with a_runner(a_function(source, language=language), context=context) as runner:
        run = Run(runner, *texts)
        try:
            yield run
        finally:
            runner.kill()
            run.join(seconds=10)


def running(run: Run, index: int) -> Callable[[], bool]:
    def holds() -> bool:
        current = run.runner.current()
        return current is not None and current.index == index

    return holds


WAIT_FOR_FILE = 'echo "$1" >>begun; while [ "$1" = wait ] && [ ! -e go ]; do sleep 0.01; done'


def test_a_stopped_run_ends_with_its_running_item(
    shell: Language, context: SlotContext, work_dir: Path
) -> None:
    with a_run(shell, WAIT_FOR_FILE, "a", "wait", "b", "c", "d", context=context) as run:
        wait_until(running(run, 101), seconds=10, state=run.runner.current)
        wait_until(lambda: "wait" in (work_dir / "begun").read_text(), seconds=10)
        run.runner.stop_after_current()
        wait_until(lambda: run.unbegun == [102, 103, 104], seconds=5, state=lambda: run.unbegun)
        assert [each.index for each in run.results] == [100]
        (work_dir / "go").touch()
        run.join(seconds=10)
        assert [each.index for each in run.results] == [100, 101]
        assert (work_dir / "begun").read_text().split() == ["a", "wait"]
        run.runner.run(items("e"), on_results=run.results.extend)
        assert [each.outcome for each in run.results] == [Outcome.OK] * 3


def test_a_run_stopped_before_it_begins_runs_nothing(shell: Language, context: SlotContext) -> None:
    results: list[ItemResult] = []
    with a_runner(a_function(":", language=shell), context=context) as runner:
        runner.stop_after_current()
        runner.run(items("a", "b"), on_results=results.extend)
        assert results == []
        runner.run(items("a", "b"), on_results=results.extend)
        assert len(results) == 2


def test_stops_at_any_moment_lose_and_repeat_nothing(
    shell: Language, context: SlotContext, work_dir: Path
) -> None:
    texts = [str(number) for number in range(400)]
    results: list[ItemResult] = []
    with a_runner(a_function('echo "$1" >>begun', language=shell), context=context) as runner:
        left = list(items(*texts))
        stopper = threading.Event()

        def stop_often() -> None:
            while not stopper.wait(0.013):
                runner.stop_after_current()

        thread = threading.Thread(target=stop_often)
        thread.start()
        try:
            while left:
                before = len(results)
                runner.run(left, on_results=results.extend)
                left = left[len(results) - before :]
        finally:
            stopper.set()
            thread.join()
    assert [each.index for each in results] == list(range(100, 500))
    assert (work_dir / "begun").read_text().split() == texts


def test_a_killed_item_dies_at_once_with_all_that_is_its(
    shell: Language, context: SlotContext, work_dir: Path
) -> None:
    word = f"95{os.getpid()}"
    code = f"echo out; trap '' TERM; setsid sleep {word} & touch ready; sleep {word}"
    with a_run(shell, code, "a", "b", context=context) as run:
        wait_until(lambda: (work_dir / "ready").exists(), seconds=10)
        run.runner.kill(100)
        run.join(seconds=2)
        assert processes_with(word) == []
        [result] = run.results
        assert (result.outcome, result.signal, result.stdout) == (Outcome.KILLED, 9, b"out\n")


def test_a_kill_of_an_ended_item_hits_no_other(shell: Language, context: SlotContext, work_dir: Path) -> None:
    with a_run(shell, WAIT_FOR_FILE, "a", "wait", "b", context=context) as run:
        wait_until(running(run, 101), seconds=10, state=run.runner.current)
        run.runner.kill(100)
        wait_until(lambda: run.unbegun == [102], seconds=5, state=lambda: run.unbegun)
        (work_dir / "go").touch()
        run.join(seconds=10)
        assert [(each.index, each.outcome) for each in run.results] == [
            (100, Outcome.OK),
            (101, Outcome.OK),
        ]


def test_each_item_that_begins_is_told(shell: Language, context: SlotContext) -> None:
    begun: list[int] = []
    with a_runner(a_function(":", language=shell), context=context) as runner:
        runner.run(items(*"abcde"), on_results=lambda _: None, on_start=begun.append)
        assert begun == [100, 101, 102, 103, 104]
        assert runner.current() is None


def test_a_result_does_not_wait_for_the_next_item(
    shell: Language, context: SlotContext, work_dir: Path
) -> None:
    with a_run(shell, WAIT_FOR_FILE, "a", "b", "wait", context=context) as run:
        wait_until(lambda: len(run.results) == 2, seconds=5, state=lambda: run.results)
        assert not (work_dir / "go").exists()
