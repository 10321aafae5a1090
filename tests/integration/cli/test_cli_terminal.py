"""What a terminal shows: progress that never gets in the way of the outputs."""

import os
import pty
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import pytest

from tests.command_line import COMMAND, CommandLine
from tests.scheduler_double import SchedulerDouble
from tests.servers import wait_until

COLOUR = re.compile(rb"\x1b\[[0-9;]*[1-9][0-9;]*m")
HIDE_CURSOR, SHOW_CURSOR = b"\x1b[?25l", b"\x1b[?25h"


class Terminal:
    """A process on a pseudo-terminal, and everything that it has written there."""

    def __init__(self, arguments: list[str], *, environment: dict[str, str], stdout: int | None) -> None:
        self.written = b""
        self._screen, side = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *arguments], stdin=side, stdout=stdout or side, stderr=side, env=environment
        )
        os.close(side)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._screen, 65536)
            except OSError:
                return
            if not data:
                return
            self.written += data

    def shows(self, text: str, *, seconds: float = 20.0) -> None:
        """Wait for a text."""
        wait_until(lambda: text.encode() in self.written, seconds=seconds, state=lambda: self.written)

    def end(self) -> int:
        """Wait for the end of the process."""
        status = self.process.wait(timeout=30)
        self._reader.join()
        os.close(self._screen)
        return status

    def lines(self) -> list[str]:
        """The lines as they stand in the end, as a terminal makes them of what was written."""
        return screen(self.written.decode())


def screen(text: str) -> list[str]:
    """Play the text on a terminal that knows new lines, cursor up, erase line, and nothing of colours."""
    lines, row, column = [""], 0, 0
    for token in re.findall(r"\x1b\[[?0-9;]*[a-zA-Z]|.", text, re.DOTALL):
        if token == "\r":
            column = 0
        elif token == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif token == "\x1b[2K":
            lines[row] = ""
        elif token == "\x1b[1A":
            row -= 1
        elif len(token) == 1:
            lines[row] = lines[row][:column].ljust(column) + token + lines[row][column + 1 :]
            column += 1
    shown = [line.rstrip() for line in lines]
    return shown[: max((number for number, line in enumerate(shown, start=1) if line), default=0)]


@contextmanager
def on_terminal(
    fanfold: CommandLine,
    *arguments: str,
    stdout: int | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Terminal]:
    terminal = Terminal(
        list(arguments),
        environment=fanfold.environment(**{"TERM": "xterm-256color", "COLUMNS": "100", **environment}),
        stdout=stdout,
    )
    try:
        yield terminal
    finally:
        terminal.process.kill()


def test_a_bar_shows_name_counts_rate_and_time_left(fanfold: CommandLine, service: SchedulerDouble) -> None:
    service.holding = True
    with on_terminal(fanfold, "run", "--name", "letters", "true", "a", "b", "c") as terminal:
        service.await_task()
        service.release([0])
        terminal.shows("1/3")
        terminal.shows("12.5/s, 3 s left")
        service.release([1, 2])
        status = terminal.end()

    assert status == 0
    assert b"letters" in terminal.written
    assert terminal.lines() == [], "the bar is gone in the end"


def test_outputs_and_bar_share_a_terminal(fanfold: CommandLine, service: SchedulerDouble) -> None:
    service.holding = True
    function = 'printf "%b" "$1"; echo "err" >&2'
    with on_terminal(fanfold, "run", function, r"one\n", "two without end", r"three\n") as terminal:
        service.await_task()
        for index in range(3):
            terminal.shows(f"{index}/3")
            service.release([index])
        status = terminal.end()

    assert status == 0
    assert terminal.lines() == ["one", "err", "two without enderr", "three", "err"]


def test_an_output_that_ends_within_a_line_is_not_overwritten(
    fanfold: CommandLine, service: SchedulerDouble
) -> None:
    service.holding = True
    with on_terminal(fanfold, "run", 'printf "$1"', "one", "two", "three") as terminal:
        service.await_task()
        for index, text in enumerate(("one", "two", "three")):
            terminal.shows(f"{index}/3")
            service.release([index])
            terminal.shows(text)  # or the next might come with it
        terminal.end()

    assert terminal.lines()[0] == "one", "the bar came after it, on a line of its own"
    assert "".join(terminal.lines()) == "onetwothree"


def test_the_bar_is_on_stderr_alone(fanfold: CommandLine, service: SchedulerDouble) -> None:
    service.holding = True
    from_pipe, to_pipe = os.pipe()
    with on_terminal(fanfold, "run", 'echo "$1"', "a", "b", stdout=to_pipe) as terminal:
        os.close(to_pipe)
        service.await_task()
        service.release([0])
        terminal.shows("1/2")
        service.release([1])
        terminal.end()

    with os.fdopen(from_pipe, "rb") as pipe:
        assert pipe.read() == b"a\nb\n"


def test_ctrl_c_takes_the_bar_away_and_gives_the_cursor_back(
    fanfold: CommandLine, service: SchedulerDouble
) -> None:
    service.holding = True
    with on_terminal(fanfold, "run", "true", "a", "b") as terminal:
        service.await_task()
        terminal.shows("0/2")
        terminal.process.send_signal(signal.SIGINT)
        status = terminal.end()

    assert status == 130
    assert terminal.lines()[0] == f"fanfold: task {service.newest().task_id} goes on"
    assert terminal.written.rfind(SHOW_CURSOR) > terminal.written.rfind(HIDE_CURSOR)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {"bar", "colour"}),
        ({"NO_COLOR": "1"}, {"bar"}),
        ({"TERM": "dumb"}, set()),
    ],
)
def test_colours_and_bar_are_left_out_when_the_environment_says_so(
    fanfold: CommandLine, service: SchedulerDouble, environment: dict[str, str], expected: set[str]
) -> None:
    service.holding = True
    with on_terminal(fanfold, "run", "true", "a", "b", environment=environment) as terminal:
        task = service.await_task()
        task.reason = "no live workers"
        terminal.shows("no live workers")
        service.release([0, 1])
        terminal.end()

    seen = {"bar": b"0/2" in terminal.written, "colour": bool(COLOUR.search(terminal.written))}
    assert {name for name, there in seen.items() if there} == expected


def test_quiet_shows_no_bar(fanfold: CommandLine, service: SchedulerDouble) -> None:
    with on_terminal(fanfold, "run", "-q", 'echo "$1"', "a") as terminal:
        terminal.end()

    assert terminal.written == b"a\r\n"


def test_without_items_a_terminal_is_not_waited_for(fanfold: CommandLine) -> None:
    with on_terminal(fanfold, "run", "true") as terminal:
        assert terminal.end() == 255

    assert b"No items: give them as arguments" in terminal.written
