"""What the slot processes are told and how their answers are read."""

from pathlib import Path

import pytest

from app.models.result import Outcome
from worker.runners.dialect import Answer
from worker.runners.environment import item_environment
from worker.runners.ports import Item
from worker.runners.program import interpreter
from worker.runners.shell import BashDialect, ShDialect

COMPLAINT = b"slot.bash: line 19: kill: (-1) - No such process"


def bash() -> BashDialect:
    return BashDialect(b":", environment={}, work_dir=Path("/"))


def sh() -> ShDialect:
    return ShDialect(b":", environment={}, work_dir=Path("/"))


def test_bash_is_told_items_without_quoting() -> None:
    told = bash().announce([Item(index=7, text="it's\n", attempt=3), Item(index=8, text="", attempt=3)])
    assert (told.files, told.line) == ({"batch": b"7\x00it's\n\x008\x00\x00"}, b"3 short\n")


def test_batches_of_bash_share_attempt_and_length() -> None:
    first = Item(index=1, text="a")
    assert bash().joins(Item(index=2, text="x" * 4_000), first=first)
    assert not bash().joins(Item(index=2, text="x" * 4_001), first=first)
    assert not bash().joins(Item(index=2, text="b", attempt=2), first=first)
    assert not bash().joins(Item(index=2, text="a\0b"), first=first)


def test_sh_is_told_quoted_items_and_a_mark_for_each() -> None:
    told = sh().announce([Item(index=7, text="it's\n"), Item(index=8, text="")])
    assert told.files == {"batch": b"__ff_run 7 1 'it'\\''s\n'\n__ff_run 8 1 ''\n"}
    first, *marks = told.line.split(b"\n")
    assert first == b""
    assert [len(mark) for mark in marks] == [16, 16, 0]
    assert marks[0] != marks[1]


@pytest.mark.parametrize("dialect", [bash(), sh()])
def test_long_items_have_a_file_for_stdin(dialect: BashDialect | ShDialect) -> None:
    told = dialect.announce([Item(index=2, text="é" * 2_001)])
    assert told.files["stdin-2"] == "é".encode() * 2_001 + b"\n"
    assert list(dialect.announce([Item(index=1, text="x" * 4_000)]).files) == ["batch"]


def test_the_marks_of_a_whole_batch_fit_into_a_pipe() -> None:
    """Who tells them does not read meanwhile what sh answers."""
    told = sh().announce([Item(index=index, text="") for index in range(sh().batch_items)])
    assert len(told.line) < 65_536


def test_an_answer_of_bash_has_its_times_in_any_locale() -> None:
    answer = bash().read(b"7 0 mark 100,250000 100,750000", remarks=[COMPLAINT])
    assert answer == Answer(7, b"mark", Outcome.OK, 0, None, 100.25, 500.0)


def test_an_old_bash_has_no_times() -> None:
    answer = bash().read(b"7 0 mark  ", remarks=[COMPLAINT])
    assert (answer.started_at, answer.duration_ms) == (None, None)


def test_a_clock_set_back_gives_no_negative_duration() -> None:
    assert bash().read(b"7 0 m 100.0 90.0", remarks=[COMPLAINT]).duration_ms == 0


@pytest.mark.parametrize(
    ("status", "remarks", "outcome", "exit_code", "signal", "remark"),
    [
        (0, [], Outcome.OK, 0, None, b""),
        (3, [], Outcome.FAILED, 3, None, b""),
        (137, [], Outcome.FAILED, 137, None, b""),
        (137, [b"line 3: 77 Killed"], Outcome.KILLED, None, 9, b""),
        (1, [b"out: Too many open files"], Outcome.FAILED, 1, None, b"out: Too many open files\n"),
    ],
)
def test_what_a_status_means(
    status: int,
    remarks: list[bytes],
    outcome: Outcome,
    exit_code: int | None,
    signal: int | None,
    remark: bytes,
) -> None:
    answers = [
        bash().read(b"7 %d mark 1.0 1.0" % status, remarks=[*remarks, COMPLAINT]),
        sh().read(b"7 %d mark" % status, remarks=remarks),
    ]
    for each in answers:
        assert (each.outcome, each.exit_code, each.signal, each.remark) == (
            outcome,
            exit_code,
            signal,
            remark,
        )


@pytest.mark.parametrize("line", [b"", b"7", b"x 0 m 1 1", b"7 0 m 1 1 1", b"7 0 m one two"])
def test_what_is_no_answer_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        bash().read(line, remarks=[])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"#!/bin/sh", [b"/bin/sh"]),
        (b"#! /bin/sh \r", [b"/bin/sh"]),
        (b"#!/usr/bin/env python3 -u", [b"/usr/bin/env", b"python3 -u"]),
        (b"#!\t/usr/bin/awk\t-f  ", [b"/usr/bin/awk", b"-f"]),
    ],
)
def test_a_first_line_is_read_as_the_kernel_reads_it(line: bytes, words: list[bytes]) -> None:
    assert interpreter(line + b"\ncode") == words


def test_an_item_sees_little_of_the_workers_environment() -> None:
    environment = {"PATH": "/bin", "HOME": "/h", "SECRET": "x", "PROXY": "p", "BASH_FUNC_ls%%": "() { :; }"}
    assert item_environment(environment, passed=["PROXY", "NOT_THERE"]) == {
        "PATH": "/bin",
        "HOME": "/h",
        "PROXY": "p",
    }
