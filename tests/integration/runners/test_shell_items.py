"""What a bash or sh item is given, and what is known of it afterwards: byte for byte."""

import hashlib
import time
from pathlib import Path

import pytest

from app.models.result import Outcome
from app.models.task import Language
from tests.slot_runs import a_context, a_function, results_of
from worker.runners.enclosure.launcher import Launcher
from worker.runners.ports import SlotContext


def test_the_item_is_the_first_argument_and_stdin(shell: Language, context: SlotContext) -> None:
    [result] = results_of(
        a_function('printf "<%s>" "$1" "$#"; cat', language=shell), "two words", context=context
    )
    assert result.stdout == b"<two words><1>two words\n"
    assert (result.outcome, result.exit_code, result.signal) == (Outcome.OK, 0, None)


ODD_ITEMS = [
    "",
    " ",
    "\n",
    "a\nb\n\n",
    "-n",
    "-e",
    "--help",
    "'",
    '"',
    "\\",
    "it's",
    "$(touch owned)",
    "`touch owned`",
    "*",
    "~",
    "!!",
    "a;b&c|d",
    "\t\r\x01\x02\x1e\x1d\x7f",
    "é ü 漢字 🎉 \u0081\u0088\u00ff\u2028",
    "__ff_end",
    "EOF",
    "x" * 3_999,
    "y" * 4_001,
    "'" * 5_000,
    "line\n" * 30_000,
    "é'\"\n" * 200_000,
]


def test_items_of_every_kind_arrive_unchanged(shell: Language, context: SlotContext, work_dir: Path) -> None:
    function = a_function('printf %s "$1" | sha256sum; cat | sha256sum', language=shell)
    results = results_of(function, *ODD_ITEMS, context=context)
    for text, result in zip(ODD_ITEMS, results, strict=True):
        data = text.encode()
        expected = [hashlib.sha256(data).hexdigest(), hashlib.sha256(data + b"\n").hexdigest()]
        assert [line.split()[0] for line in result.stdout.decode().splitlines()] == expected, text[:40]
        assert result.stderr == b""
    assert list(work_dir.iterdir()) == []


def test_a_nul_fails_its_item_alone(shell: Language, context: SlotContext) -> None:
    first, bad, last = results_of(a_function('echo "$1"', language=shell), "a", "b\0c", "d", context=context)
    assert (first.stdout, last.stdout) == (b"a\n", b"d\n")
    assert bad.outcome is Outcome.FAILED
    assert b"NUL" in bad.stderr


def test_output_is_exact_to_the_byte(shell: Language, context: SlotContext) -> None:
    function = a_function(
        r"printf '\000\377\n\nno newline'; printf '\036ready\n\036end\n\001' >&2", language=shell
    )
    first, second = results_of(function, "a", "b", context=context)
    assert first.stdout == second.stdout == b"\0\xff\n\nno newline"
    assert first.stderr == second.stderr == b"\x1eready\n\x1eend\n\x01"


def test_each_stream_belongs_to_the_item_that_wrote_it(shell: Language, context: SlotContext) -> None:
    texts = [str(number) for number in range(300)]
    function = a_function(
        'if [ "$(($1 % 3))" = 0 ]; then echo "out $1"; fi; [ "$(($1 % 5))" != 0 ] || echo "err $1" >&2',
        language=shell,
    )
    for text, result in zip(texts, results_of(function, *texts, context=context), strict=True):
        number = int(text)
        assert result.stdout == (b"out %d\n" % number if number % 3 == 0 else b"")
        assert result.stderr == (b"err %d\n" % number if number % 5 == 0 else b"")
        assert result.outcome is Outcome.OK


def test_the_environment_is_built_from_nothing(
    shell: Language, context: SlotContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_WORKER", "x")
    [result] = results_of(a_function("env", language=shell), "a", context=context)
    names = {line.partition("=")[0] for line in result.stdout.decode().splitlines()}
    own = {name for name in names if name.startswith("FANFOLD_")}
    assert own == {
        "FANFOLD_TASK_ID",
        "FANFOLD_ITEM_INDEX",
        "FANFOLD_ATTEMPT",
        "FANFOLD_WORKER_ID",
        "FANFOLD_SLOT",
    }
    assert names - own <= {"PATH", "HOME", "LANG", "TZ", "PWD", "SHLVL", "_"}


def test_an_item_knows_where_it_runs(shell: Language, context: SlotContext, work_dir: Path) -> None:
    function = a_function(
        'echo "$FANFOLD_TASK_ID $FANFOLD_ITEM_INDEX $FANFOLD_ATTEMPT $FANFOLD_WORKER_ID $FANFOLD_SLOT"; pwd',
        language=shell,
    )
    [result] = results_of(function, "a", context=context)
    assert result.stdout.decode() == f"task-1 100 1 worker-a 3\n{work_dir}\n"


@pytest.mark.parametrize(
    ("code", "outcome", "exit_code", "signal"),
    [
        ("exit 1", Outcome.FAILED, 1, None),
        ("exit 255", Outcome.FAILED, 255, None),
        ("exit 137", Outcome.FAILED, 137, None),
        ("exit 139", Outcome.FAILED, 139, None),
        ("return 7", Outcome.FAILED, 7, None),
        ("false", Outcome.FAILED, 1, None),
        ("sh -c 'kill -9 $PPID'", Outcome.KILLED, None, 9),
        ("sh -c 'kill -SEGV $PPID'", Outcome.KILLED, None, 11),
        ("sh -c 'kill -9 $$'", Outcome.FAILED, 137, None),
    ],
)
def test_how_an_item_ended(
    code: str,
    outcome: Outcome,
    exit_code: int | None,
    signal: int | None,
    shell: Language,
    context: SlotContext,
) -> None:
    [result] = results_of(a_function(f"{code}\n", language=shell), "a", context=context)
    assert (result.outcome, result.exit_code, result.signal) == (outcome, exit_code, signal)


def test_times_are_those_of_the_item(context: SlotContext) -> None:
    before = time.time()
    results = results_of(a_function('sleep "$1"'), "0", "0.3", "0", context=context)
    assert 300 <= results[1].duration_ms < 3_000
    assert results[0].duration_ms < 300
    started = [each.started_at.timestamp() for each in results if each.started_at is not None]
    assert before - 1 <= started[0] <= started[1] <= started[2]
    assert started[2] - started[1] >= 0.3


@pytest.mark.parametrize(
    "source",
    ["", "# only a comment", "cat <<END\nunended heredoc", "echo ends in a backslash \\", "exit"],
)
def test_what_is_a_script_but_no_function_body_runs_too(
    source: str, shell: Language, context: SlotContext
) -> None:
    first, second = results_of(a_function(source, language=shell), "a", "b", context=context)
    assert first.outcome is second.outcome is Outcome.OK
    assert first.stdout == second.stdout


def test_a_syntax_error_fails_each_item_with_the_message(shell: Language, context: SlotContext) -> None:
    results = results_of(a_function("if then", language=shell), "a", "b", context=context)
    assert [each.outcome for each in results] == [Outcome.FAILED] * 2
    assert b"yntax error" in results[1].stderr


def test_lines_of_messages_are_those_of_the_template(context: SlotContext) -> None:
    [result] = results_of(a_function(":\n:\nno_such_command"), "a", context=context)
    assert result.exit_code == 127
    assert b"line 3: no_such_command: command not found" in result.stderr


def test_a_locale_with_a_decimal_comma_changes_no_time(launcher: Launcher, work_dir: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "LANG": "de_DE.UTF-8"}
    context = a_context(launcher, work_dir=work_dir, environment=environment)
    [result] = results_of(a_function("sleep 0.1"), "a", context=context)
    assert 100 <= result.duration_ms < 3_000
