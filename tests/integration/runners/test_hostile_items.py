"""Items that attack their slot: only they are affected, and nothing of them is left when they have ended."""

import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.models.result import ItemResult, Outcome
from app.models.task import Language
from tests.servers import wait_until
from tests.slot_runs import a_context, a_function, a_runner, items, processes_with, results_of
from worker.runners.enclosure.launcher import Launcher
from worker.runners.ports import SlotContext

ATTACKS = {
    "kills its parent": "sh -c 'kill -9 $PPID'; exit",
    "kills its grandparent": "kill -9 $PPID",
    "kills the slot's shell": "kill -9 $$",
    "crashes the slot's shell": "kill -SEGV $$",
    "stops the slot's shell": "kill -STOP $$; kill -CONT $$",
    "closes its descriptors": "exec 0<&- 1>&- 2>&-",
    "closes all descriptors": 'for fd in 0 1 2 3 4 5 6 7 8 9; do eval "exec $fd>&-"; done',
    "changes the traps": "trap '' TERM INT HUP CHLD; trap 'echo bye' EXIT",
    "sets options": "set -eufx; false",
    "unsets things": "unset PATH HOME LANG IFS FANFOLD_ITEM_INDEX; unset -f __ff_item __ff_sweep __ff_tell",
    "redefines functions": "printf() { :; }; echo() { :; }; read() { :; }; kill() { :; }; __ff_item() { :; }",
    "overwrites variables": "IFS=x; PATH=/nowhere; HOME=/; __ff_folder=/nowhere; __ff_mark=0; PPID=1",
    "changes folder and umask": "mkdir -p sub; cd sub; umask 0777; ulimit -n 8",
    "becomes another program": "exec sh -c 'exit 3'",
    "reads all input": "cat >/dev/null",
    "exits 255": "exit 255",
    "overflows the stack": 'again() { again "$@"; }; ulimit -s 128; again',
    "prints all it knows": "set; export -p; cat /proc/$$/environ",
    "makes its output non-blocking": (
        "python3 -c 'import os; os.set_blocking(1, False); os.set_blocking(2, False)'"
    ),
}

CHECK = """
if [ "$1" = attack ]; then
%s
else
printf '%%s|' "$1" "$HOME" "$PATH" "$(pwd)" "$(umask)" "$(ulimit -n)" "$FANFOLD_ITEM_INDEX" "$-"; cat
head -c 30000 /dev/zero | tr '\\0' x >&2
trap
fi
"""


@pytest.mark.parametrize("name", ATTACKS)
def test_only_the_attacker_is_affected(name: str, shell: Language, context: SlotContext) -> None:
    function = a_function(CHECK % ATTACKS[name], language=shell)
    before, _, after, _, last = results_of(
        function, "plain", "attack", "plain", "attack", "plain", context=context
    )
    own = {100: before, 102: after, 104: last}
    for index, result in own.items():
        assert result.outcome is Outcome.OK, result
        assert result.stdout == before.stdout.replace(b"|100|", b"|%d|" % index)
        assert result.stderr == b"x" * 30_000


def test_every_attack_has_a_result(shell: Language, context: SlotContext) -> None:
    function = a_function('eval "$1"', language=shell)
    results = results_of(function, *ATTACKS.values(), "echo well", context=context)
    assert [each.index for each in results] == list(range(100, 100 + len(ATTACKS) + 1))
    assert results[-1].stdout == b"well\n"


LEFTOVERS = {
    "background": "sleep {word} &",
    "own session": "setsid sleep {word} &",
    "own session, waited for": "setsid -f sleep {word}",
    "twice forked": "( ( sleep {word} & ) & )",
    "deaf": "( trap '' TERM HUP INT; sleep {word}; sleep {word} ) >/dev/null 2>&1 &",
    "stopped": "sleep {word} & kill -STOP $!",
    "many": "i=0; while [ $i -lt 20 ]; do setsid sleep {word} & i=$((i+1)); done",
    "writing": "setsid sh -c 'while :; do echo {word}; done' &",
}


@pytest.mark.parametrize("kind", LEFTOVERS)
def test_nothing_of_an_item_is_left_when_it_has_ended(
    kind: str, shell: Language, context: SlotContext
) -> None:
    word = f"98{os.getpid()}"
    left: list[list[str]] = []
    seen: list[bytes] = []
    function = a_function(
        'if [ "$1" = fork ]; then ' + LEFTOVERS[kind].format(word=word) + "\nfi; echo done", language=shell
    )
    with a_runner(function, context=context) as runner:
        for text in ("fork", "plain", "fork"):
            runner.run(items(text), on_results=lambda found: seen.extend(each.stdout for each in found))
            left.append(processes_with(word))
    assert left == [[], [], []]
    assert seen[1] == b"done\n"
    assert all(b"done\n" in each for each in seen)


def test_the_next_item_begins_only_when_nothing_of_the_last_is_left(
    shell: Language, context: SlotContext, work_dir: Path
) -> None:
    function = a_function(
        "if [ -e there ]; then kill -0 $(cat there) 2>/dev/null && echo alive; rm there; "
        "else setsid sleep 97 & echo $! > there; fi",
        language=shell,
    )
    results = results_of(function, *"abcdefgh", context=context)
    assert [each.stdout for each in results] == [b""] * 8


@pytest.mark.parametrize(
    "flood",
    [
        "yes",
        "head -c 200000000 /dev/urandom",
        "head -c 200000000 /dev/zero >&2",
        "yes | head -c 50000000 >&2",
    ],
)
def test_a_flood_is_cut_and_grows_nothing(flood: str, launcher: Launcher, work_dir: Path) -> None:
    context = a_context(launcher, work_dir=work_dir, output_cap_bytes=1_000)
    function = a_function(f'if [ "$1" = flood ]; then {flood}; fi; echo "$1"', timeout_seconds=3)
    scratch = launcher.scratch
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found: list[ItemResult] = []
    sizes: list[int] = []

    def measure(results: Sequence[ItemResult]) -> None:
        found.extend(results)
        sizes.append(sum(each.stat().st_size for each in scratch.rglob("*") if each.is_file()))

    with a_runner(function, context=context) as runner:
        runner.run(items("a", "flood", "b"), on_results=measure)
    assert [each.stdout for each in (found[0], found[2])] == [b"a\n", b"b\n"]
    flooded = found[1]
    assert flooded.stdout_truncated or flooded.stderr_truncated
    assert max(len(flooded.stdout), len(flooded.stderr)) == 1_000
    assert max(sizes) < 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_output_of_exactly_the_cap_is_whole(launcher: Launcher, work_dir: Path) -> None:
    context = a_context(launcher, work_dir=work_dir, output_cap_bytes=1_000)
    function = a_function('head -c "$1" /dev/zero')
    results = results_of(function, "999", "1000", "1001", context=context)
    assert [len(each.stdout) for each in results] == [999, 1_000, 1_000]
    assert [each.stdout_truncated for each in results] == [False, False, True]


def test_a_killed_slot_shell_leaves_nothing_of_the_item(shell: Language, context: SlotContext) -> None:
    word = f"96{os.getpid()}"
    function = a_function(f"setsid sleep {word} & sleep {word} & kill -9 $$; sleep {word}", language=shell)
    [result] = results_of(function, "a", context=context)
    assert (result.outcome, result.signal) == (Outcome.KILLED, 9)
    wait_until(lambda: not processes_with(word), seconds=1, state=lambda: processes_with(word))


def test_many_deaths_leave_no_descriptor_and_no_zombie(context: SlotContext) -> None:
    function = a_function('[ "$1" = plain ] || kill -9 $$')
    with a_runner(function, context=context) as runner:
        runner.run(items("die", "plain"), on_results=lambda _: None)
        before = len(list(Path("/proc/self/fd").iterdir()))
        runner.run(items(*["die", "plain"] * 10), on_results=lambda _: None)
        assert len(list(Path("/proc/self/fd").iterdir())) == before
        started = time.monotonic()
        runner.run(items("plain"), on_results=lambda _: None)
        assert time.monotonic() - started < 2
