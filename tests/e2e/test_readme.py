"""Every command that the README and the example's README show, run as it stands there, in order."""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fanfold.embedded.ports import free_port
from tests.e2e.shell_session import Step, blocks, commands, outside_environment, run_commands
from tests.integration.systems import ROOT, System

README = ROOT / "README.md"
EXAMPLE = ROOT / "examples" / "checksums" / "README.md"
NOT_RUN = ("git clone ", "make run", "make test")

COMMANDS = [
    text for document in (README, EXAMPLE) for text in commands(document) if not text.startswith(NOT_RUN)
]

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Session:
    """What became of each command, typed one after the other."""

    system: System
    steps: list[Step]

    def step(self, start: str) -> Step:
        """The only command that starts so."""
        found = [step for step in self.steps if f"{step.command}\n".startswith(start)]
        assert len(found) == 1, (start, found)
        return found[0]

    def output(self, start: str) -> str:
        """What that command wrote to stdout."""
        return self.step(start).stdout


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """All commands in one shell, in a folder that holds what a clone holds, on a port of the tests."""
    folder, notes = tmp_path_factory.mktemp("fanfold"), tmp_path_factory.mktemp("notes")
    _fill(folder)
    system = System(folder, port=free_port())
    environment = outside_environment(FANFOLD_URL=f"http://127.0.0.1:{system.port}")
    typed = [_on_port(text, port=system.port) for text in COMMANDS]
    try:
        steps = run_commands(typed, folder=folder, notes=notes, environment=environment, seconds=400)
        yield Session(system, [_as_written(step, text) for step, text in zip(steps, COMMANDS, strict=True)])
    finally:
        if system.state.holder() is not None:
            system.fanfold("down")


def test_all_blocks_are_bash_and_only_three_commands_are_not_run() -> None:
    assert {language for document in (README, EXAMPLE) for language, _ in blocks(document)} == {"bash"}
    left_out = [text for text in commands(README) if text.startswith(NOT_RUN)]
    assert [text.split("#")[0].split()[:2] for text in left_out] == [
        ["git", "clone"],
        ["make", "run"],
        ["make", "test"],
    ]


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=COMMANDS)
def test_a_command_exits_as_documented(session: Session, number: int) -> None:
    step = session.steps[number]

    assert step.status == step.documented_status, step


def test_outputs_come_in_the_order_of_the_items(session: Session) -> None:
    assert session.output("fanfold run 'echo \"hello $1\"'") == "hello world\nhello moon\n"
    assert session.output("seq 1 1000") == "1000000\n"
    assert session.output("fanfold run -v greeting") == "good morning, Ada\ngood morning, Grace\n"
    assert session.output("fanfold run --lang python") == "49\n64\n81\n"


def test_items_run_where_up_was_called(session: Session) -> None:
    documents = ROOT.glob("*.md")

    assert sorted(session.output("ls *.md").splitlines()) == sorted(
        f"{path.read_text().count(chr(10))} {path.name}" for path in documents
    )


def test_the_checksums_are_right(session: Session) -> None:
    sums = session.output("fanfold run --timeout 60")

    assert sums == "".join(
        f"{hashlib.sha256((ROOT / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("README.md", "LICENSE")
    )


def test_a_task_that_was_left_running_is_found_again(session: Session) -> None:
    assert session.output("id=") == ""
    assert re.search(r"^status +FAILED$", session.output("fanfold status"), re.MULTILINE)
    assert session.output('fanfold results "$id"') == "1\n4\n16\n"
    assert session.output("fanfold results --failed") == ""
    assert [
        session.step(command).stderr for command in ('fanfold results "$id"', "fanfold results --failed")
    ] == ["fanfold: item 2 '3': failed, exit status 1\n"] * 2
    assert "squares" in session.output("fanfold tasks")


def test_retry_runs_only_the_failed_item_again(session: Session) -> None:
    retried = session.output("fanfold retry")
    page = json.loads(session.output("curl -s http://127.0.0.1:30000/schedule\n"))
    squares = next(task for task in page["tasks"] if task["name"] == "squares")

    assert re.search(r"^status +\w+ \(run 2\)$", retried, re.MULTILINE), retried
    assert "3 of 4 ok" in retried
    assert (squares["run"], squares["itemsSucceeded"]) == (2, 3)


def test_curl_submits_waits_and_reads(session: Session) -> None:
    created = json.loads(session.output("curl -s http://127.0.0.1:30000/schedule/create"))
    ended = json.loads(session.output("curl -s 'http://127.0.0.1:30000/schedule/6f9619ff"))
    results = session.output("curl -s http://127.0.0.1:30000/schedule/6f9619ff")

    assert created["taskId"] == ended["taskId"] == "6f9619ff-8b86-4011-b42d-00c04fc964ff"
    assert (ended["status"], ended["itemsSucceeded"]) == ("COMPLETED", 2)
    assert [json.loads(line)["stdout"] for line in results.splitlines()] == ["hello world\n", "hello moon\n"]
    assert json.loads(session.output("curl -s http://127.0.0.1:30000/health/ready"))["status"] == "UP"


def test_both_ways_list_the_two_workers(session: Session) -> None:
    told = json.loads(session.output("curl -s http://127.0.0.1:30000/schedule/nodes"))

    assert {node["name"] for node in told["nodes"]} == {"worker-1", "worker-2"}
    assert set(re.findall(r"worker-\d\b", session.output("fanfold nodes"))) == {"worker-1", "worker-2"}


def test_the_example_checks_every_sum(session: Session) -> None:
    said = session.output("examples/checksums/run.sh").splitlines()
    count = said[0].split()[1]

    assert int(count) > 500
    assert re.fullmatch(rf"checksums: {count} files in [\d.]+ s, every sum right by sha256sum -c", said[-1])


def _fill(folder: Path) -> None:
    for document in ROOT.glob("*.md"):
        shutil.copy(document, folder)
    shutil.copy(ROOT / "LICENSE", folder)
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / ".venv").symlink_to(sys.prefix)


def _on_port(command: str, *, port: int) -> str:
    return command.replace("30000", str(port)).replace("fanfold up", f"fanfold up --port {port}")


def _as_written(step: Step, command: str) -> Step:
    return Step(command, step.status, step.stdout, step.stderr)
