"""`fanfold run` as its user sees it: items in, outputs and exit status out."""

import json
import signal
import threading
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.scheduler_door import Door, Handler, busy, hang_up
from tests.scheduler_double import SchedulerDouble
from tests.servers import wait_until


def test_items_are_the_arguments_after_the_template(fanfold: CommandLine) -> None:
    ended = fanfold("run", 'echo "<$1>"', "a b", "c", "")

    assert (ended.status, ended.stdout, ended.stderr) == (0, b"<a b>\n<c>\n<>\n", "")


def test_items_are_lines_of_standard_input(fanfold: CommandLine) -> None:
    assert fanfold("run", 'echo "<$1>"', stdin=b"a b\n\n c").stdout == b"<a b>\n<>\n< c>\n"


def test_items_are_lines_of_a_file(fanfold: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "items").write_bytes("ä\r\nb\n".encode())

    assert fanfold("run", "-a", str(tmp_path / "items"), 'echo "<$1>"').stdout == "<ä\r>\n<b>\n".encode()


def test_items_may_be_separated_by_nul(fanfold: CommandLine) -> None:
    assert fanfold("run", "-0", 'echo "<$1>"', stdin=b"a\nb\0c\0").stdout == b"<a\nb>\n<c>\n"


def test_three_colons_may_stand_before_the_items_as_in_gnu_parallel(fanfold: CommandLine) -> None:
    assert fanfold("run", 'echo "$1"', ":::", "a", "b").stdout == b"a\nb\n"


def test_two_dashes_let_items_start_with_a_dash(fanfold: CommandLine) -> None:
    assert fanfold("run", 'echo "<$1>"', "--", "-n", "--json").stdout == b"<-n>\n<--json>\n"


def test_the_function_may_come_from_a_file(fanfold: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "function.sh").write_text('set -e\necho "<$1>"\n')

    assert fanfold("run", "-f", str(tmp_path / "function.sh"), "a", "b").stdout == b"<a>\n<b>\n"


def test_what_the_task_says_reaches_the_service(fanfold: CommandLine, service: SchedulerDouble) -> None:
    identity = "6f0c9a52-8d4b-4b52-9c39-1f2f1f6f3a10"
    fanfold(
        *("run", "-v", "word=a=b", "-v", "count:=3", "--lang", "sh", "--name", "letters", "--timeout", "2m"),
        *("--priority", "7", "--idempotent", "--id", identity, "echo", "a"),
    )

    assert service.newest().body == {
        "id": identity,
        "templateFunction": "echo",
        "inputList": ["a"],
        "variableJson": {"word": "a=b", "count": 3},
        "language": "sh",
        "name": "letters",
        "priority": 7,
        "timeoutSeconds": 120.0,
        "idempotent": True,
    }


def test_outputs_come_out_byte_for_byte(fanfold: CommandLine) -> None:
    ended = fanfold("run", r'printf "\xff\x00%s" "$1"; printf "%s!" "$1" >&2', "a", "b")

    assert ended.stdout == b"\xff\x00a\xff\x00b"
    assert ended.stderr == "a!b!"


def test_outputs_come_in_item_order_as_soon_as_they_can(
    fanfold: CommandLine, service: SchedulerDouble
) -> None:
    service.holding = True
    with fanfold.start(["run", 'echo "$1"', "a", "b", "c"]) as process:
        assert process.stdout is not None
        service.await_task()
        service.release([1])
        service.release([0])
        early = process.stdout.readline() + process.stdout.readline()
        still_running = process.poll() is None
        service.release([2])
        rest = process.stdout.read()

    assert (early, still_running, rest, process.returncode) == (b"a\nb\n", True, b"c\n", 0)


def test_a_python_function_s_values_are_printed(fanfold: CommandLine) -> None:
    source = "def run(item): return {'square': int(item) ** 2}"

    assert fanfold("run", "--lang", "python", source, "2", "3").stdout == b'{"square":4}\n{"square":9}\n'


@pytest.mark.parametrize(("items", "status"), [(1, 1), (3, 3), (100, 100), (101, 101), (130, 101)])
def test_it_exits_with_the_number_of_failed_items(
    fanfold: CommandLine, service: SchedulerDouble, items: int, status: int
) -> None:
    stdin = b"".join(b"%d\n" % number for number in range(items))

    assert fanfold("run", "-q", 'test "$1" = no', stdin=stdin).status == status


def test_each_failed_item_is_told_with_its_reason(fanfold: CommandLine) -> None:
    ended = fanfold(
        *("run", "--timeout", "300ms", 'printf said >&2; [ "$1" = ok ] || eval "$1"'),
        *("ok", "exit 3", "kill -9 $$", "sleep 2", "exit $'\\x1b[2J'4"),
    )

    assert ended.status == 4
    assert ended.stderr.splitlines() == [
        "saidsaid",
        "fanfold: item 1 'exit 3': failed, exit status 3",
        "said",
        "fanfold: item 2 'kill -9 $$': killed by signal 9 (SIGKILL)",
        "fanfold: item 3 'sleep 2': timed out after 0.3 s",
        "saidbash: line 1: exit: \x1b[2J4: numeric argument required",
        "fanfold: item 4 \"exit $'\\\\x1b[2J'4\": failed, exit status 2",
    ]


def test_no_items_is_nothing_to_do(fanfold: CommandLine, door: Door) -> None:
    ended = fanfold("run", "echo", stdin=b"")

    assert (ended.status, ended.stdout, ended.stderr) == (0, b"", "fanfold: no items: nothing to run\n")
    assert door.requests == []


def test_json_is_one_object_with_results_and_task(fanfold: CommandLine) -> None:
    ended = fanfold("run", "--json", 'echo "$1"; test "$1" != b', "a", "b")
    report = json.loads(ended.stdout)

    assert ended.status == 1
    assert [result["stdout"] for result in report["results"]] == ["a\n", "b\n"]
    assert (report["task"]["status"], report["task"]["itemsFailed"], report["error"]) == ("FAILED", 1, None)


def test_json_without_items_is_one_object_too(fanfold: CommandLine) -> None:
    assert json.loads(fanfold("run", "--json", "true").stdout) == {"results": [], "task": None, "error": None}


def test_ctrl_c_leaves_the_task_running_and_tells_the_way_back(
    fanfold: CommandLine, service: SchedulerDouble, door: Door
) -> None:
    service.holding = True
    with fanfold.start(["run", "--url", door.url, 'echo "$1"', "a", "b"]) as process:
        assert process.stdout is not None
        task = service.await_task()
        service.release([0])
        first = process.stdout.readline()
        wait_until(lambda: "?wait" in door.requests[-1], seconds=10, state=lambda: door.requests)
        process.send_signal(signal.SIGINT)
        rest, told = process.communicate(timeout=20)
    back = next(line for line in told.decode().splitlines() if "come back" in line).split()[3:]
    service.release([1])

    assert (first, rest, process.returncode) == (b"a\n", b"", 130)
    assert back == ["fanfold", "results", "--follow", "--start", "1", "--url", door.url, task.task_id]
    assert fanfold(*back[1:]).stdout == b"b\n"


def test_ctrl_c_while_the_task_is_being_sent_does_not_claim_that_it_goes_on(
    fanfold: CommandLine, door: Door
) -> None:
    asked, answer = threading.Event(), threading.Event()

    def hold(handler: Handler) -> None:
        asked.set()
        answer.wait(20)
        handler.close_connection = True

    door.faults.append(hold)
    with fanfold.start(["run", "true", "a"]) as process:
        assert asked.wait(20)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    answer.set()

    assert process.returncode == 130
    assert "may have been accepted" in told.decode()


def test_ctrl_c_ends_the_json_properly(fanfold: CommandLine, service: SchedulerDouble) -> None:
    service.holding = True
    with fanfold.start(["run", "--json", 'echo "$1"', "a", "b"]) as process:
        task = service.await_task()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)

    report = json.loads(out)
    assert report["error"]["code"] == "interrupted"
    assert (report["task"], report["error"]["taskId"]) == (None, task.task_id)


def test_a_run_whose_service_goes_away_for_good_says_how_to_come_back(
    fanfold: CommandLine, door: Door
) -> None:
    door.faults.extend(
        [lambda handler: handler._post(), lambda handler: handler.problem(500, "internal", "oh")]
    )

    ended = fanfold("run", "--json", "true", "a")

    assert ended.status == 255
    assert "fanfold: error: oh" in ended.stderr
    assert "fanfold results --follow" in ended.stderr
    assert json.loads(ended.stdout)["error"]["code"] == "internal"


def test_short_outages_are_not_noticed(fanfold: CommandLine, door: Door) -> None:
    door.faults.extend([hang_up, busy, lambda handler: handler._post(), busy, hang_up, busy])

    ended = fanfold("run", 'echo "$1"', "a")

    assert (ended.status, ended.stdout, ended.stderr) == (0, b"a\n", "")


@pytest.mark.parametrize("end", ["cancel", "submission_failed"])
def test_a_run_that_others_ended_is_no_success(
    fanfold: CommandLine, service: SchedulerDouble, end: str
) -> None:
    service.holding = True
    with fanfold.start(["run", "-q", "true", "a", "b"]) as process:
        task = service.await_task()
        task.reason = "Kafka refused it"
        if end == "cancel":
            task.cancel()
        else:
            task.submission_failed = True
        _, told = process.communicate(timeout=20)

    assert process.returncode == 255
    assert told.decode().rstrip().endswith(f"is {task.state()}: Kafka refused it")


def test_what_it_waits_for_is_told_once(fanfold: CommandLine, service: SchedulerDouble) -> None:
    service.holding = True
    with fanfold.start(["run", "true", "a", "b"]) as process:
        assert process.stderr is not None
        service.await_task().reason = "no live workers"
        first = process.stderr.readline()
        service.release([0])
        service.newest().reason = None
        service.release([1])
        rest = process.stderr.read()

    assert (first, rest, process.returncode) == (b"fanfold: waiting: no live workers\n", b"", 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "Missing argument 'TEMPLATE'"),
        (["run", "--no-such", "true"], "No such option"),
        (["run", "-a", "/no/such/file", "true"], "No such file"),
        (["run", "-a", "/dev/null", "true", "item"], "not both"),
        (["run", "-v", "novalue", "true", "a"], "write NAME=VALUE"),
        (["run", "-v", "a=1", "-v", "a=2", "true", "a"], "given twice"),
        (["run", "-v", "a:=[1]", "true", "a"], "no JSON text"),
        (["run", "--timeout", "soon", "true", "a"], "is no duration"),
        (["run", "--id", "7", "true", "a"], "not a valid UUID"),
        (["run", "--lang", "perl", "true", "a"], "is not one of"),
        (["run", "true", "\udcff"], "Item 1 is not UTF-8"),
        (["run", "echo {{name}}", "a"], "hint: known variables: none"),
        (["run", "--url", "ftp://x", "true", "a"], "is no server address"),
    ],
)
def test_a_run_that_cannot_be_done_exits_with_255(
    fanfold: CommandLine, arguments: list[str], said: str
) -> None:
    ended = fanfold(*arguments)

    assert (ended.status, ended.stdout) == (255, b"")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_wrong_usage_is_json_too(fanfold: CommandLine) -> None:
    for arguments in (["run", "--json"], ["run", "--json", "--timeout", "soon", "true", "a"]):
        ended = fanfold(*arguments)

        assert ended.status == 255
        assert json.loads(ended.stdout)["error"]["code"] == "wrong-usage"


@pytest.mark.parametrize(
    ("stdin", "said"), [(b"a\n\xff\n", "Item 2 is not UTF-8"), (b"a\0b\n", "Item 1 holds a NUL byte")]
)
def test_input_that_is_no_text_is_refused(fanfold: CommandLine, stdin: bytes, said: str) -> None:
    ended = fanfold("run", "true", stdin=stdin)

    assert ended.status == 255
    assert said in ended.stderr


def test_braces_of_gnu_parallel_are_pointed_out(fanfold: CommandLine) -> None:
    assert 'the item is "$1"' in fanfold("run", "echo {}", "a").stderr
    assert fanfold("run", "find . -maxdepth 0 -exec true {} +", "a").stderr == ""


def test_warnings_of_the_service_are_told(fanfold: CommandLine) -> None:
    ended = fanfold("run", "-v", "unused=1", "true", "a")

    assert ended.stderr == "fanfold: warning: the variable 'unused' is not used\n"
