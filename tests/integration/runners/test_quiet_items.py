"""Items of python functions that write nothing are answered in memory: none is lost, mixed up or late."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.models.result import ItemResult, Outcome
from app.models.task import Language
from tests.slot_runs import a_context, a_function, a_runner, items, results_of
from worker.runners.enclosure.launcher import Launcher
from worker.runners.ports import Function, SlotContext


def python(source: str, *, timeout_seconds: float | None = None) -> Function:
    return a_function(source, language=Language.PYTHON, timeout_seconds=timeout_seconds)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("os.kill(os.getpid(), 9)", Outcome.KILLED), ("os._exit(3)", Outcome.FAILED)],
)
@pytest.mark.parametrize("place", [1, 2, 777, 2_000])
def test_a_process_that_dies_takes_no_answer_along(
    place: int, code: str, outcome: Outcome, context: SlotContext
) -> None:
    source = f"import os\ndef run(item):\n    if item == '{place}':\n        {code}\n    return int(item)\n"
    found = results_of(python(source), *map(str, range(place + 2)), context=context)
    assert [each.value for each in found] == [
        None if number == place else b"%d" % number for number in range(place + 2)
    ]
    assert [each.outcome for each in found[place - 1 :]] == [Outcome.OK, outcome, Outcome.OK]
    assert {each.stdout + each.stderr for each in found} == {b""}


def test_what_was_answered_when_an_item_is_killed_stays(context: SlotContext) -> None:
    source = "import time\ndef run(item):\n    if item == '500':\n        time.sleep(99)\n    return item\n"
    found: list[ItemResult] = []
    with a_runner(python(source), context=context) as runner:

        def take(results: Sequence[ItemResult]) -> None:
            found.extend(results)
            if len(found) == 500:
                runner.kill()

        runner.run(items(*map(str, range(600))), on_results=take)
    assert [each.outcome for each in found] == [Outcome.OK] * 500 + [Outcome.KILLED]


@pytest.mark.parametrize(
    "write",
    [
        "print('said')",
        "os.write(1, b'said\\n')",
        "subprocess.run(['echo', 'said'])",
        "subprocess.run('(sleep 0.01; echo said) & wait', shell=True)",
        "open('/dev/stdout', 'w').write('said\\n')",
        "fork_and_say()",
        "libc.write(1, b'said\\n', 5)",
        "libc.puts(b'said'); libc.fflush(None)",
        "os.dup2(1, 9); os.close(1); os.write(9, b'said\\n'); os.dup2(9, 1)",
    ],
)
def test_whatever_an_item_writes_with_is_its_own(write: str, context: SlotContext) -> None:
    source = f"""
import ctypes, os, subprocess
libc = ctypes.CDLL(None)
def fork_and_say():
    if os.fork() == 0:
        os.write(1, b"said\\n")
        os._exit(0)
    os.wait()
def run(item):
    if int(item) % 50 == 20:
        {write}
    return item
"""
    texts = [str(number) for number in range(200)]
    found = results_of(python(source), *texts, context=context)
    assert [each.stdout for each in found] == [
        b"said\n" if number % 50 == 20 else b"" for number in range(200)
    ]
    assert [json.loads(each.value or b"") for each in found] == texts


def test_what_is_written_while_it_is_being_read_is_the_items_own(context: SlotContext) -> None:
    """Items that write end while the worker reads what they wrote; those between them write nothing."""
    source = """
import os, sys, time
def run(item):
    number = int(item)
    if number % 3 == 0:
        os.write(1, b"<%d>" % number)
        time.sleep(number % 4 * 0.0007)
    if number % 3 == 1:
        os.write(2, b"<%d>" % number)
"""
    numbers = range(3_000)
    found = results_of(python(source), *map(str, numbers), context=context)
    assert [each.stdout for each in found] == [b"" if n % 3 else b"<%d>" % n for n in numbers]
    assert [each.stderr for each in found] == [b"<%d>" % n if n % 3 == 1 else b"" for n in numbers]


def test_what_loading_wrote_belongs_to_the_first_item(context: SlotContext) -> None:
    source = "import os\nprint('loaded')\nos.write(2, b'too')\ndef run(item): return item\n"
    found = results_of(python(source), *"abc", context=context)
    assert [(each.stdout, each.stderr) for each in found] == [(b"loaded\n", b"too"), (b"", b""), (b"", b"")]


def test_a_slow_item_is_told_as_soon_as_it_ends(context: SlotContext) -> None:
    source = """
import time
def run(item):
    time.sleep(float(item))
    return time.monotonic()
"""
    late: list[float] = []
    with a_runner(python(source), context=context) as runner:
        runner.run(items("0"), on_results=lambda _: None)
        for _ in range(5):
            runner.run(
                items("0", "0.3", "0", "0.12"),
                on_results=lambda results: late.extend(
                    time.monotonic() - json.loads(each.value or b"") for each in results
                ),
            )
    assert len(late) == 20
    assert sorted(late)[10] < 0.02, late


def test_values_that_find_no_room_in_memory_come_all_the_same(context: SlotContext) -> None:
    texts = [str(number) for number in range(100)]
    found = results_of(python("def run(item): return item * 20_000"), *texts, context=context)
    assert [json.loads(each.value or b"") for each in found] == [text * 20_000 for text in texts]


def test_a_child_that_goes_on_within_the_function_answers_nothing(context: SlotContext) -> None:
    source = """
import ctypes, os
def run(item):
    if ctypes.CDLL(None).fork() == 0:
        return "child"
    return "parent"
"""
    found = results_of(python(source), *"abcdef", context=context)
    assert [each.value for each in found] == [b'"parent"'] * 6


def test_nothing_of_the_memory_has_a_name(launcher: Launcher, work_dir: Path) -> None:
    context = a_context(launcher, work_dir=work_dir)
    source = """
import os
def run(item):
    maps = [line for line in open("/proc/self/maps") if "answers" in line]
    folder = maps[0].split()[5].rpartition("/")[0]
    open_files = [os.readlink(each.path) for each in os.scandir("/proc/self/fd")]
    return [maps[0].split()[6:], "answers" in os.listdir(folder), str(open_files).count("answers")]
"""
    [found] = results_of(python(source), "a", context=context)
    assert json.loads(found.value or b"null") == [["(deleted)"], False, 0]


def test_an_item_over_its_time_after_many_quick_ones(context: SlotContext) -> None:
    source = "import time\ndef run(item):\n    if item == '300': time.sleep(99)\n    return os_pid()\n"
    source = "import os\nos_pid = os.getpid\n" + source
    texts = [str(number) for number in range(303)]
    found = results_of(python(source, timeout_seconds=1.0), *texts, context=context)
    assert [each.outcome for each in found] == [Outcome.OK] * 300 + [Outcome.TIMEOUT] + [Outcome.OK] * 2
    assert found[299].value != found[301].value
    assert os.getpid() not in {json.loads(each.value or b"0") for each in found}
