"""Slot processes that wait for their function: of one task each, replaced, gone with the worker."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from app.models.task import Language
from tests.slot_runs import a_function, items, processes_with
from worker.runners.enclosure.launcher import LaunchFailed
from worker.runners.factory import make_runner, make_spares
from worker.runners.ports import SlotContext
from worker.runners.spare import Seat, Spares

DEADLINE_SECONDS = 10.0


@pytest.fixture
def spares(context: SlotContext) -> Iterator[Spares]:
    with closing(make_spares(2, context=context)) as spares:
        spares.start()
        yield spares


def taken(spares: Spares, language: Language) -> Seat:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (seat := spares.take(language)) is None:
        assert time.monotonic() < deadline, f"no spare for {language}"
        time.sleep(0.01)
    return seat


def waiting(context: SlotContext, language: Language) -> list[str]:
    """Command lines of slot processes of this worker."""
    found = processes_with(str(context.launcher.scratch))
    return [line for line in found if f"slot.{language.value} " in line]


def outputs(spares: Spares, source: str, *, context: SlotContext, language: Language) -> list[bytes]:
    found: list[bytes] = []
    function = a_function(source, language=language)
    with closing(make_runner(function, context=context, spares=spares)) as runner:
        for _ in range(2):
            runner.run(
                items("a"), on_results=lambda results: found.extend(result.stdout for result in results)
            )
    return found


def test_a_waiting_process_runs_the_function_it_is_told(
    spares: Spares, context: SlotContext, shell: Language
) -> None:
    taken(spares, shell).give_up()  # from now on they are of this language
    told = 'echo "$1 $FANFOLD_TASK_ID $FANFOLD_SLOT $FANFOLD_WORKER_ID"'
    for _ in range(3):
        assert outputs(spares, told, context=context, language=shell) == [b"a task-1 3 worker-a\n"] * 2


def test_it_starts_in_the_work_folder_and_says_what_is_wrong_with_its_function(
    spares: Spares, context: SlotContext, shell: Language
) -> None:
    taken(spares, shell).give_up()
    where = f"{context.work_dir}\n".encode()
    assert outputs(spares, "pwd", context=context, language=shell) == [where] * 2
    assert outputs(spares, "}; echo b; {", context=context, language=shell)[0] in (b"", b"b\n")


def test_no_two_runners_share_a_process(spares: Spares, context: SlotContext, shell: Language) -> None:
    first, second = taken(spares, shell), taken(spares, shell)
    assert first.directory != second.directory
    first.give_up()
    second.give_up()
    outputs(spares, "leak=1; export leak", context=context, language=shell)
    assert outputs(spares, 'echo "[$leak]"', context=context, language=shell) == [b"[]\n"] * 2


def test_one_that_has_died_is_replaced(spares: Spares, context: SlotContext, shell: Language) -> None:
    taken(spares, shell).give_up()
    for line in waiting(context, shell):
        with suppress(ProcessLookupError):
            os.kill(int(line.partition(":")[0]), signal.SIGKILL)
    assert outputs(spares, "echo b", context=context, language=shell) == [b"b\n"] * 2


def test_python_has_none(spares: Spares) -> None:
    assert spares.take(Language.PYTHON) is None


def test_all_are_gone_when_they_are_closed(context: SlotContext, shell: Language) -> None:
    spares = make_spares(2, context=context)
    spares.start()
    taken(spares, shell).give_up()
    spares.close()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while left := waiting(context, shell):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)
    assert list(context.launcher.scratch.iterdir()) == []
    assert spares.take(shell) is None


def test_one_that_has_waited_looks_for_the_work_folder_as_one_that_is_started(
    context: SlotContext, shell: Language
) -> None:
    with closing(make_spares(2, context=context)) as spares:
        spares.start()
        taken(spares, shell).give_up()
        context.work_dir.rmdir()
        with pytest.raises(LaunchFailed, match="work folder"):
            outputs(spares, ":", context=context, language=shell)
        context.work_dir.mkdir()

        assert outputs(spares, "echo b", context=context, language=shell) == [b"b\n"] * 2
