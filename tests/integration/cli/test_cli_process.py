"""The command as a process: how fast it starts, how it ends when nobody reads, help and completion."""

import os
import re
import signal
import subprocess
import sys

import click
import pytest

from fanfold.cli import SECTIONS, cli
from tests.command_line import COMMAND, CommandLine
from tests.scheduler_door import Door
from tests.scheduler_double import SchedulerDouble
from tests.servers import wait_until

HELP_SECONDS = 0.150
CLICK_SECONDS = 0.075
"""What loading click alone takes where help takes 0.1 s: the yardstick for how slow the machine is now."""
TRIES_ON_A_BUSY_MACHINE = 10
ALL = [name for section in SECTIONS.values() for name in section]


def cpu_seconds(fanfold: CommandLine, *arguments: str, **environment: str) -> float:
    """Processor time that an interpreter takes: on a busy machine time on the wall says little."""
    before = os.times()
    subprocess.run(
        [sys.executable, *arguments],
        env=fanfold.environment(**environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def output(fanfold: CommandLine, *arguments: str, **environment: str) -> bytes:
    return subprocess.run(
        [*COMMAND, *arguments],
        env=fanfold.environment(**environment),
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        check=True,
    ).stdout


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--help"], {}),
        (["run", "-h"], {}),
        ([], {"_FANFOLD_COMPLETE": "bash_complete", "COMP_WORDS": "fanfold res", "COMP_CWORD": "1"}),
    ],
)
def test_help_and_completion_are_quick(
    fanfold: CommandLine, arguments: list[str], environment: dict[str, str]
) -> None:
    slowness, fastest = 1.0, float("inf")
    for _ in range(TRIES_ON_A_BUSY_MACHINE):
        slowness = max(1.0, cpu_seconds(fanfold, "-c", "import click") / CLICK_SECONDS)
        fastest = min(fastest, cpu_seconds(fanfold, "-m", "fanfold", *arguments, **environment) / slowness)
        if fastest < HELP_SECONDS:
            break

    assert fastest < HELP_SECONDS, f"on a machine that is {slowness:.1f} times as slow as usual now"


@pytest.mark.parametrize("module", ["httpx2", "rich", "msgspec", "fanfold.embedded"])
def test_help_loads_nothing_heavy(fanfold: CommandLine, module: str) -> None:
    check = (
        "import sys; from fanfold.cli import cli; cli.main(['--help'], standalone_mode=False);"
        f"sys.exit({module!r} in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", check], env=fanfold.environment(), stdout=subprocess.DEVNULL)

    assert done.returncode == 0


def test_completion_knows_the_commands(fanfold: CommandLine) -> None:
    words = {"_FANFOLD_COMPLETE": "bash_complete", "COMP_WORDS": "fanfold re", "COMP_CWORD": "1"}

    assert output(fanfold, **words).split() == [b"plain,results", b"plain,retry"]


def test_a_reader_that_goes_away_ends_the_command_in_silence(fanfold: CommandLine) -> None:
    many = "".join(f"{number}\n" for number in range(1000)).encode()
    fanfold("submit", "--lang", "python", "def run(item): return 'x' * 4096", stdin=many)

    with fanfold.start(["results", "last"]) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()

    assert (process.returncode, told) == (141, b"")


def test_ctrl_c_ends_a_waiting_command_in_silence(
    fanfold: CommandLine, service: SchedulerDouble, door: Door
) -> None:
    service.holding = True
    fanfold("submit", "true", "a")
    with fanfold.start(["status", "--wait", "last"]) as process:
        wait_until(lambda: "?wait" in door.requests[-1], seconds=10, state=lambda: door.requests)
        process.send_signal(signal.SIGINT)
        written = process.communicate(timeout=20)

    assert (process.returncode, written) == (130, (b"", b"\n"))


def test_version_is_one_line(fanfold: CommandLine) -> None:
    ended = fanfold("--version")

    assert ended.status == 0
    assert re.fullmatch(rb"fanfold .+\n", ended.stdout)


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("name", cli.list_commands(click.Context(cli)))
def test_every_command_has_help(fanfold: CommandLine, name: str, flag: str) -> None:
    ended = fanfold(name, flag)

    assert ended.status == 0
    assert ended.stdout.startswith(f"Usage: fanfold {name} ".encode())


def test_help_lists_the_commands_in_sections(fanfold: CommandLine) -> None:
    lines = fanfold("--help").stdout.decode().splitlines()

    assert lines.index("Tasks:") < lines.index("Machines:")
    listed = [line.split()[0] for line in lines[lines.index("Tasks:") :] if line.startswith("  ")]
    assert listed == [name for name in ALL if name in listed]
    assert {"run", "submit", "status", "results", "cancel", "retry", "tasks", "nodes"} <= set(listed)


def test_an_unknown_command_is_wrong_usage(fanfold: CommandLine) -> None:
    ended = fanfold("rnu", "true")

    assert (ended.status, ended.stdout) == (2, b"")
    assert "No such command 'rnu'" in ended.stderr
