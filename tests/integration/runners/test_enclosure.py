"""What is left when a slot's, the helper's or the worker's process is killed: nothing."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from app.models.result import ItemResult, Outcome
from app.models.task import Language
from tests.servers import wait_until
from tests.slot_runs import a_context, a_function, a_launcher, a_runner, items, processes_with, results_of
from worker.runners.enclosure.launcher import Enclosure, Launcher, LaunchFailed
from worker.runners.factory import make_runner
from worker.runners.ports import SlotContext

WORKER = """
import sys, threading
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tests.slot_runs import a_context, a_function, a_runner, items
from worker.runners.enclosure.launcher import Enclosure, Launcher

launcher = Launcher(enclosure=Enclosure(sys.argv[2]), scratch_parent=Path(sys.argv[3]))

def work(code):
    context = a_context(launcher, work_dir=Path(sys.argv[3]))
    with a_runner(a_function(code), context=context) as runner:
        runner.run(items("a"), on_results=print)

threads = [threading.Thread(target=work, args=(code,)) for code in sys.argv[4:]]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


@pytest.fixture(params=[Enclosure.NAMESPACE, Enclosure.SUBREAPER])
def enclosure(request: pytest.FixtureRequest, tmp_path: Path) -> Enclosure:
    with a_launcher(request.param, scratch=tmp_path):
        pass
    wanted: Enclosure = request.param
    return wanted


def test_nothing_runs_a_second_after_the_worker_is_killed(enclosure: Enclosure, tmp_path: Path) -> None:
    word = f"93{os.getpid()}"
    codes = [
        f"touch a-runs; trap '' TERM HUP; sleep {word}",
        f"touch b-runs; setsid sleep {word} & (setsid sleep {word} &) ; sleep {word}",
    ]
    root = str(Path(__file__).parents[3])
    argv = [sys.executable, "-c", WORKER, root, enclosure, str(tmp_path), *codes]
    worker = subprocess.Popen(argv, cwd=root)
    try:
        wait_until(
            lambda: (tmp_path / "a-runs").exists() and (tmp_path / "b-runs").exists(),
            seconds=20,
            state=lambda: list(tmp_path.iterdir()),
        )
        wait_until(lambda: len(processes_with(f"sleep {word}")) >= 4, seconds=10)
    finally:
        worker.kill()
        worker.wait()
    traces = [word, str(tmp_path)]
    wait_until(
        lambda: not any(processes_with(each) for each in traces),
        seconds=1,
        state=lambda: [processes_with(each) for each in traces],
    )
    wait_until(
        lambda: not list(tmp_path.glob("fanfold-slots-*")), seconds=1, state=lambda: list(tmp_path.iterdir())
    )


def test_closing_a_launcher_leaves_no_process_and_no_file(enclosure: Enclosure, tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with Launcher(enclosure=enclosure, scratch_parent=tmp_path) as launcher:
        context = a_context(launcher, work_dir=tmp_path)
        for language in (Language.BASH, Language.SH, Language.PYTHON):
            source = "def run(item): pass" if language is Language.PYTHON else ":"
            results_of(a_function(source, language=language), "a", context=context)
    assert processes_with(str(launcher.scratch)) == []
    assert not launcher.scratch.exists()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_killed_helper_is_replaced(enclosure: Enclosure, tmp_path: Path) -> None:
    with Launcher(enclosure=enclosure, scratch_parent=tmp_path) as launcher:
        context = a_context(launcher, work_dir=tmp_path)
        with a_runner(a_function('echo "$1"'), context=context) as runner:
            found: list[ItemResult] = []
            runner.run(items("a"), on_results=found.extend)
            [helper] = {
                int(line.partition(":")[0]) for line in processes_with(f"{launcher.scratch} {enclosure}")
            } & (children_of_this_process())
            os.kill(helper, signal.SIGKILL)
            wait_until(lambda: helper not in children_of_this_process() or is_zombie(helper), seconds=5)
            with a_runner(a_function('echo "$1"'), context=context) as other:
                other.run(items("b"), on_results=found.extend)
            runner.run(items("c"), on_results=found.extend)
        assert [each.stdout for each in found] == [b"a\n", b"b\n", b"c\n"]


def children_of_this_process() -> set[int]:
    return {
        int(pid)
        for children in Path("/proc/self/task").glob("*/children")
        for pid in children.read_text().split()
    }


def is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_many_slots_at_once(context: SlotContext) -> None:
    def work(slot: int) -> list[bytes]:
        function = a_function(f'echo "{slot} $1"; [ "$1" != die ] || kill -9 $$')
        return [each.stdout for each in results_of(function, "a", "die", "b", context=context)]

    with ThreadPoolExecutor(8) as pool:
        outputs = list(pool.map(work, range(16)))
    assert outputs == [[b"%d a\n" % slot, b"%d die\n" % slot, b"%d b\n" % slot] for slot in range(16)]


def test_the_number_of_the_shell_names_files_apart(context: SlotContext) -> None:
    def own_number(_: int) -> bytes:
        return results_of(a_function("echo $$; sleep 0.5"), "a", context=context)[0].stdout

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(own_number, range(4)))
    assert len(set(numbers)) == 4


def test_items_see_themselves_in_proc(context: SlotContext) -> None:
    [result] = results_of(a_function("cat /proc/$$/cmdline /proc/$BASHPID/cmdline"), "a", context=context)
    assert result.stdout.count(b"slot.bash") == 2


def test_a_work_folder_that_is_not_there_is_no_fault_of_the_items(launcher: Launcher, tmp_path: Path) -> None:
    for language in (Language.BASH, Language.SH, Language.PYTHON):
        context = a_context(launcher, work_dir=tmp_path / "nowhere")
        found: list[ItemResult] = []
        runner = make_runner(a_function(":", language=language), context=context)
        with closing(runner), pytest.raises(LaunchFailed, match="nowhere"):
            runner.run(items("a"), on_results=found.extend)
        assert found == []


def test_a_closed_launcher_starts_nothing(tmp_path: Path) -> None:
    with Launcher(scratch_parent=tmp_path) as launcher:
        context = a_context(launcher, work_dir=tmp_path)
        with a_runner(a_function(":"), context=context) as runner:
            launcher.close()
            with pytest.raises((LaunchFailed, FileNotFoundError)):
                runner.run(items("a"), on_results=lambda _: None)


def test_what_a_killed_worker_and_helper_left_is_removed(tmp_path: Path) -> None:
    abandoned = tmp_path / "fanfold-slots-dead"
    abandoned.mkdir()
    (abandoned / "file").touch()
    with Launcher(scratch_parent=tmp_path) as alive:
        assert not abandoned.exists()
        with Launcher(scratch_parent=tmp_path):
            assert alive.scratch.exists()


def test_a_stopped_keeper_does_not_delay_a_kill(context: SlotContext, work_dir: Path) -> None:
    function = a_function("kill -STOP $PPID; touch stopped; sleep 99", timeout_seconds=0.5)
    [result] = results_of(function, "a", context=context)
    assert result.outcome is Outcome.TIMEOUT
