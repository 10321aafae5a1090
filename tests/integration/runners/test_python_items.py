"""What python functions get and give: values, prints, errors, and what happens to their process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.models.result import ItemResult, Outcome
from app.models.task import Language
from tests.servers import wait_until
from tests.slot_runs import a_context, a_function, a_runner, items, processes_with, results_of
from worker.runners.enclosure.launcher import Launcher
from worker.runners.ports import Function, Item, SlotContext


def python(source: str, *, timeout_seconds: float | None = None) -> Function:
    return a_function(source, language=Language.PYTHON, timeout_seconds=timeout_seconds)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("None", None),
        ("item", "a"),
        ("len(item)", 1),
        ("True", True),
        ("1.5", 1.5),
        ("[1, {'b': (2, 3)}]", [1, {"b": [2, 3]}]),
        ("{'é': '漢字 🎉', 1: 'x\\n\\x1e\\0'}", {"é": "漢字 🎉", "1": "x\n\x1e\0"}),
    ],
)
def test_the_value_is_what_run_returns(expression: str, value: object, context: SlotContext) -> None:
    [result] = results_of(python(f"def run(item): return {expression}"), "a", context=context)
    assert (result.outcome, result.exit_code) == (Outcome.OK, 0)
    assert result.value is not None
    assert json.loads(result.value) == value


def test_items_of_every_kind_arrive_unchanged(context: SlotContext) -> None:
    texts = ["", "\n", "-x", "a\0b", "é漢🎉", "'\"\\", "\x1e\x1d\x00", "long " * 200_000]
    results = results_of(python("def run(item): return [len(item), item[:20]]"), *texts, context=context)
    assert [json.loads(each.value or b"") for each in results] == [[len(t), t[:20]] for t in texts]


def test_prints_are_the_items_own(context: SlotContext) -> None:
    source = """
import os, subprocess, sys
def run(item):
    print("printed", item)
    print("complained", item, file=sys.stderr)
    sys.stdout.flush()
    subprocess.run(["sh", "-c", "echo from a child; echo its stderr >&2"])
    os.write(1, b"\\0raw\\xff")
    print("last", end="")
"""
    for text, result in zip("abc", results_of(python(source), *"abc", context=context), strict=True):
        assert result.stdout == b"printed %b\nfrom a child\n\0raw\xfflast" % text.encode()
        assert result.stderr == b"complained %b\nits stderr\n" % text.encode()


def failures() -> list[tuple[str, Outcome, int | None, int | None, str]]:
    failed, killed = Outcome.FAILED, Outcome.KILLED
    return [
        ("raise ValueError('no good')", failed, 1, None, "ValueError: no good"),
        ("int('x')", failed, 1, None, "in run"),
        ("raise KeyboardInterrupt", failed, 1, None, "KeyboardInterrupt"),
        ("raise BaseExceptionGroup('g', [SystemExit(1)])", failed, 1, None, "SystemExit"),
        ("run(item)", failed, 1, None, "RecursionError"),
        ("sys.exit(3)", failed, 3, None, ""),
        ("sys.exit('bye')", failed, 1, None, "bye"),
        ("sys.exit(256 + 4)", failed, 4, None, ""),
        ("return object()", failed, 1, None, "cannot be written as JSON"),
        ("return float('nan')", failed, 1, None, "cannot be written as JSON"),
        ("return {'a': ['b\\ud800']}", failed, 1, None, "cannot be written as JSON"),
        ("a = []; a.append(a); return a", failed, 1, None, "cannot be written as JSON"),
        ("return 'x' * 70_000", failed, 1, None, "70002 bytes of JSON"),
        ("os._exit(5)", failed, 5, None, ""),
        ("os._exit(0)", failed, 0, None, ""),
        ("os.abort()", killed, None, 6, ""),
        ("os.kill(os.getpid(), 9)", killed, None, 9, ""),
        ("import ctypes; ctypes.string_at(0)", killed, None, 11, ""),
    ]


@pytest.mark.parametrize(("code", "outcome", "exit_code", "signal", "said"), failures())
def test_a_failure_is_its_items_alone(
    code: str, outcome: Outcome, exit_code: int | None, signal: int | None, said: str, context: SlotContext
) -> None:
    source = f"import os, sys\ndef run(item):\n    if item == 'bad':\n        {code}\n    return item\n"
    first, bad, last = results_of(python(source), "a", "bad", "b", context=context)
    assert (first.value, last.value) == (b'"a"', b'"b"')
    assert (bad.outcome, bad.exit_code, bad.signal, bad.value) == (outcome, exit_code, signal, None)
    assert said in bad.stderr.decode()


def test_a_traceback_shows_the_template_only(context: SlotContext) -> None:
    source = "def helper(item):\n    raise KeyError(item)\n\ndef run(item):\n    return helper(item)\n"
    [result] = results_of(python(source), "a", context=context)
    assert result.stderr.decode() == (
        "Traceback (most recent call last):\n"
        '  File "function.py", line 5, in run\n'
        "    return helper(item)\n"
        "           ^^^^^^^^^^^^\n"
        '  File "function.py", line 2, in helper\n'
        "    raise KeyError(item)\n"
        "KeyError: 'a'\n"
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def run(item:\n", "SyntaxError"),
        ("import no_such_module\n", "ModuleNotFoundError"),
        ("x = 1\n", "defines no function run(item)"),
        ("import sys; sys.exit(4)\n", "sys.exit when it was loaded"),
        ("run = 3\n", "defines no function run(item)"),
    ],
)
def test_a_template_that_cannot_be_loaded_fails_every_item(
    source: str, said: str, context: SlotContext
) -> None:
    results = results_of(python(source), "a", "b", context=context)
    assert [each.outcome for each in results] == [Outcome.FAILED] * 2
    assert all(said in each.stderr.decode() for each in results)


def test_the_process_stays_and_what_it_has_loaded_with_it(context: SlotContext) -> None:
    source = """
import os
count = 0
def run(item):
    global count
    count += 1
    return [os.getpid(), count]
"""
    values = [json.loads(each.value or b"") for each in results_of(python(source), *"abc", context=context)]
    assert [count for _, count in values] == [1, 2, 3]
    assert len({pid for pid, _ in values}) == 1


def test_folder_alarm_and_streams_are_restored(context: SlotContext, work_dir: Path) -> None:
    source = """
import os, signal, sys, io
def run(item):
    if item == "mess":
        os.chdir("/"); signal.alarm(1); sys.stdout.close(); sys.stderr = io.StringIO()
        return None
    print(os.getcwd()); print("err", file=sys.stderr)
    return signal.alarm(0)
"""
    _, result = results_of(python(source), "mess", "plain", context=context)
    assert (result.stdout, result.stderr, result.value) == (f"{work_dir}\n".encode(), b"err\n", b"0")


def test_the_modules_of_the_worker_are_not_there(context: SlotContext) -> None:
    source = (
        "import os, sys\ndef run(item): return [sorted(sys.modules), sys.path, dict(os.environ), sys.argv]"
    )
    [result] = results_of(python(source), "a", context=context)
    modules, path, environment, argv = json.loads(result.value or b"")
    assert not [each for each in modules if each.split(".")[0] in {"app", "worker", "msgspec", "ctypes"}]
    assert str(Path(__file__).parents[3] / "worker" / "runners") not in path
    assert environment["FANFOLD_ITEM_INDEX"] == "100"
    assert argv == ["function.py"]


@pytest.mark.parametrize(
    "code",
    [
        "subprocess.Popen(['setsid', 'sleep', WORD])",
        "subprocess.Popen('(setsid sleep ' + WORD + ' &) &', shell=True).wait()",
        "threading.Thread(target=subprocess.run, args=(['sleep', WORD],)).start()",
    ],
)
def test_no_process_of_an_item_is_left(code: str, context: SlotContext) -> None:
    word = f"94{os.getpid()}"
    source = f"import os, subprocess, threading\nWORD = '{word}'\ndef run(item):\n    {code}\n"
    with a_runner(python(source), context=context) as runner:
        for _ in range(3):
            runner.run(items("a"), on_results=lambda _: None)
            wait_until(lambda: not processes_with(word), seconds=0.5, state=lambda: processes_with(word))


def test_no_thread_of_an_item_is_left(context: SlotContext) -> None:
    source = """
import threading, time, os
def work():
    while True:
        print("still here"); time.sleep(0.001)
def run(item):
    if item == "thread":
        threading.Thread(target=work).start()
        time.sleep(0.1)
    return os.getpid()
"""
    first, thread, last = results_of(python(source), "a", "thread", "b", context=context)
    assert first.value == thread.value
    assert last.value != first.value
    assert b"still here" in thread.stdout
    assert last.stdout == b""


def test_a_fork_that_comes_back_from_run_is_ended(context: SlotContext) -> None:
    source = (
        "import os\ndef run(item):\n    if os.fork() == 0: return 'child'\n    os.wait()\n    return 'parent'"
    )
    results = results_of(python(source), *"abc", context=context)
    assert [each.value for each in results] == [b'"parent"'] * 3


@pytest.mark.parametrize(
    "code",
    [
        "time.sleep(99)",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(99)",
        "subprocess.run(['sleep', '99'])",
        "exec('while True: pass')",
    ],
)
def test_an_item_over_its_time_is_ended(code: str, context: SlotContext) -> None:
    source = f"""
import signal, subprocess, time
def run(item):
    print(item, flush=True)
    if item == "long":
        {code}
"""
    first, long, last = results_of(python(source, timeout_seconds=1.0), "a", "long", "b", context=context)
    assert (first.outcome, last.outcome) == (Outcome.OK, Outcome.OK)
    assert (long.outcome, long.stdout) == (Outcome.TIMEOUT, b"long\n")


def test_output_is_cut_at_the_cap(launcher: Launcher, work_dir: Path) -> None:
    context = a_context(launcher, work_dir=work_dir, output_cap_bytes=1_000)
    source = """
import subprocess
def run(item):
    subprocess.run("yes | head -c 20000000", shell=True)
    print("x" * 5000)
"""
    results = results_of(python(source), "a", "b", context=context)
    assert [(len(each.stdout), each.stdout_truncated) for each in results] == [(1_000, True)] * 2


def test_quick_items_in_great_number(context: SlotContext) -> None:
    texts = [str(number) for number in range(20_000)]
    found: list[ItemResult] = []
    with a_runner(python("def run(item): return int(item)"), context=context) as runner:
        runner.run(items(*texts), on_results=found.extend)
    assert [each.value for each in found] == [text.encode() for text in texts]
    assert [each.index for each in found] == list(range(100, 20_100))


def test_quick_items_of_which_some_write(context: SlotContext) -> None:
    source = """
import sys
def run(item):
    number = int(item)
    if number % 7 == 0:
        print("out", number)
    if number % 11 == 0:
        print("err", number, file=sys.stderr)
    if number % 13 == 0:
        raise ValueError(number)
    return number
"""
    numbers = range(1, 3_001)
    found = results_of(python(source), *map(str, numbers), context=context)
    assert [each.stdout for each in found] == [b"" if n % 7 else b"out %d\n" % n for n in numbers]
    assert [each.stderr.startswith(b"err %d\n" % n) for n, each in zip(numbers, found, strict=True)] == [
        n % 11 == 0 for n in numbers
    ]
    assert [
        each.stderr.endswith(b"ValueError: %d\n" % n) for n, each in zip(numbers, found, strict=True)
    ] == [n % 13 == 0 for n in numbers]
    assert [each.value for each in found] == [b"%d" % n if n % 13 else None for n in numbers]
    assert {(each.attempt, each.worker) for each in found} == {(1, "worker-a")}
    assert [each.index for each in found] == list(range(100, 3_100))


def test_the_slot_process_needs_nothing_but_the_standard_library() -> None:
    script = Path(__file__).parents[3] / "worker" / "runners" / "python_child.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({str(script)!r})"], check=False
    )
    assert done.returncode == 0


def test_items_know_their_index_and_the_process_does_not_grow_however_many_they_are(
    context: SlotContext,
) -> None:
    """What a variable was before is never given back by libc: 80 bytes an item."""
    source = """
import os, resource, subprocess
def run(item):
    told = os.environ["FANFOLD_ITEM_INDEX"]
    if int(told) % 20000:
        return told
    child = subprocess.run(["printenv", "FANFOLD_ITEM_INDEX"], capture_output=True, text=True).stdout
    return told, child.strip(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""
    results: list[ItemResult] = []
    with a_runner(python(source), context=context) as runner:
        for start in range(0, 100_001, 20_000):
            batch = [Item(index=index, text="", attempt=1) for index in range(start, start + 20_000)]
            runner.run(batch, on_results=results.extend)
    values = [json.loads(result.value or b"null") for result in results]
    told = [value if isinstance(value, str) else value[0] for value in values]
    assert told == [str(index) for index in range(120_000)]
    looked = values[::20_000]
    assert [child for _, child, _ in looked] == [str(index) for index in range(0, 120_000, 20_000)]
    assert looked[-1][2] - looked[1][2] < 4_000, [kib for _, _, kib in looked]
