"""Templates that start with `#!`: any program, the item as its argument and on stdin."""

from app.models.result import Outcome
from tests.slot_runs import a_function, results_of
from worker.runners.ports import SlotContext

PYTHON = "#!/usr/bin/env python3\nimport sys\n"


def test_the_item_is_the_argument_and_stdin(context: SlotContext) -> None:
    function = a_function(PYTHON + "print(sys.argv[1:], repr(sys.stdin.read())); sys.exit(len(sys.argv[1]))")
    first, second = results_of(function, "", "it's -x\n", context=context)
    assert (first.stdout, first.outcome) == (b"[''] '\\n'\n", Outcome.OK)
    assert second.stdout == b'["it\'s -x\\n"] "it\'s -x\\n\\n"\n'
    assert (second.outcome, second.exit_code) == (Outcome.FAILED, 8)


def test_what_follows_the_interpreter_is_one_argument(context: SlotContext) -> None:
    [result] = results_of(a_function("#! /usr/bin/awk  -f\nBEGIN { print ARGV[1] }"), "a b", context=context)
    assert result.stdout == b"a b\n"


def test_an_item_too_long_for_an_argument_fails_alone(context: SlotContext) -> None:
    longest, too_long, wide, last = results_of(
        a_function(PYTHON + "print(len(sys.argv[1]))"),
        "x" * 131_071,
        "x" * 131_072,
        "é" * 65_536,
        "b",
        context=context,
    )
    assert (longest.stdout, last.stdout) == (b"131071\n", b"1\n")
    for each in (too_long, wide):
        assert each.outcome is Outcome.FAILED
        assert b"131071" in each.stderr
        assert b"131072" in each.stderr


def test_an_interpreter_that_is_not_there(context: SlotContext) -> None:
    [result] = results_of(a_function("#!/no/such/interpreter\n"), "a", context=context)
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, 127)
    assert b"/no/such/interpreter" in result.stderr


def test_a_program_killed_by_a_signal(context: SlotContext) -> None:
    [result] = results_of(a_function("#!/bin/sh\nkill -9 $$"), "a", context=context)
    assert (result.outcome, result.signal) == (Outcome.KILLED, 9)
