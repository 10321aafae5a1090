"""The commands about tasks that exist: text for people, JSON for programs, exit statuses."""

import json

import msgspec
import pytest

from fanfold.terminal.json_shapes import ErrorReport
from fanfold.values import ItemResult, NodeList, TaskPage, TaskStatus
from tests.command_line import CommandLine
from tests.scheduler_door import Door, busy
from tests.scheduler_double import SchedulerDouble

PICKY = 'echo "out $1"; echo "err $1" >&2; case $1 in bad*) exit 3;; esac'


def submitted(fanfold: CommandLine, *arguments: str) -> str:
    ended = fanfold("submit", *arguments)
    assert ended.status == 0, ended.stderr
    return ended.stdout.decode().strip()


def test_submit_prints_the_id_and_nothing_else(fanfold: CommandLine, service: SchedulerDouble) -> None:
    ended = fanfold("submit", "true", "a", "b")

    assert (ended.status, ended.stdout.decode(), ended.stderr) == (0, f"{service.newest().task_id}\n", "")


def test_submit_needs_an_item(fanfold: CommandLine) -> None:
    ended = fanfold("submit", "true")

    assert (ended.status, ended.stdout) == (2, b"")
    assert "No items" in ended.stderr


def test_status_tells_what_matters(fanfold: CommandLine) -> None:
    task_id = submitted(fanfold, "--name", "picky\x1b[2J", PICKY, "good", "bad one")

    ended = fanfold("status", task_id)

    assert (ended.status, ended.stderr) == (0, "")
    assert ended.stdout.decode().splitlines() == [
        f"task      {task_id}  picky\\x1b[2J",
        "status    FAILED",
        "items     1 of 2 ok, 1 failed",
        "created   2026-11-25 13:00:00Z",
        "started   2026-11-25 13:00:01Z",
        "finished  2026-11-25 13:01:05Z, after 1 min 4 s",
        "failure   item 1 'bad one': failed, exit status 3: err bad one",
    ]


def test_status_of_a_running_task_tells_speed_and_reason(
    fanfold: CommandLine, service: SchedulerDouble
) -> None:
    service.holding = True
    task_id = submitted(fanfold, "true", "a", "b", "c")
    service.release([0])
    service.newest().reason = "no live workers"

    lines = fanfold("status", task_id).stdout.decode().splitlines()

    assert "items     1 of 3 ok, 2 left" in lines
    assert "speed     12.5 items/s, about 3 s left" in lines
    assert "reason    no live workers" in lines


@pytest.mark.parametrize(("item", "status"), [("good", 0), ("bad", 1)])
def test_status_wait_exits_with_what_became_of_the_task(fanfold: CommandLine, item: str, status: int) -> None:
    task_id = submitted(fanfold, PICKY, item)

    assert fanfold("status", "--wait", task_id).status == status
    assert fanfold("status", "--wait", "--exit-zero", task_id).status == 0
    assert fanfold("status", task_id).status == 0


def test_status_wait_ends_with_the_task(fanfold: CommandLine, service: SchedulerDouble) -> None:
    service.holding = True
    task_id = submitted(fanfold, "true", "a")
    with fanfold.start(["status", "--wait", task_id]) as process:
        service.release([0])
        out, _ = process.communicate(timeout=20)

    assert process.returncode == 0
    assert b"status    COMPLETED" in out


def test_status_timeout_exits_with_124(fanfold: CommandLine, service: SchedulerDouble) -> None:
    service.holding = True
    task_id = submitted(fanfold, "true", "a")

    ended = fanfold("status", "--timeout", "200ms", task_id)

    assert ended.status == 124
    assert ended.stderr == f"fanfold: error: task {task_id} is SUBMITTED after 0.2 s; it goes on\n"


def test_last_is_the_newest_task(fanfold: CommandLine) -> None:
    nothing = fanfold("status", "last", "--json")
    assert (nothing.status, nothing.stderr) == (1, "fanfold: error: there is no task yet\n")
    assert json.loads(nothing.stdout)["error"]["code"] == "no-task-yet"
    submitted(fanfold, "true", "a")
    newest = submitted(fanfold, "true", "b")

    assert json.loads(fanfold("status", "--json", "last").stdout)["taskId"] == newest


def test_results_are_the_items_outputs(fanfold: CommandLine) -> None:
    task_id = submitted(fanfold, PICKY, "good", "bad", "bad2")

    ended = fanfold("results", task_id)
    failed = fanfold("results", "--failed", "-q", task_id)

    assert (ended.status, ended.stdout) == (0, b"out good\nout bad\nout bad2\n")
    assert "fanfold: item 1 'bad': failed, exit status 3\n" in ended.stderr
    assert (failed.stdout, failed.stderr) == (b"out bad\nout bad2\n", "err bad\nerr bad2\n")


def test_results_may_be_chosen(fanfold: CommandLine) -> None:
    task_id = submitted(fanfold, PICKY, "good", "bad", "good2", "good3")

    assert (
        fanfold("results", "--outcome", "ok,lost", "--start", "1", task_id).stdout
        == b"out good2\nout good3\n"
    )
    assert fanfold("results", "--limit", "1", task_id).stdout == b"out good\n"
    assert "'good' is no outcome" in fanfold("results", "--outcome", "good", task_id).stderr


def test_results_follow_a_task_to_its_end(fanfold: CommandLine, service: SchedulerDouble) -> None:
    service.holding = True
    task_id = submitted(fanfold, PICKY, "good", "bad", "good2")
    service.release([0])
    with fanfold.start(["results", "--follow", "--failed", "-q", task_id]) as process:
        service.release([1])
        assert process.stdout is not None
        first = process.stdout.readline()
        service.release([2])
        rest, _ = process.communicate(timeout=20)

    assert (first, rest, process.returncode) == (b"out bad\n", b"", 1)


def test_cancel_and_retry_show_what_became_of_the_task(
    fanfold: CommandLine, service: SchedulerDouble
) -> None:
    service.holding = True
    task_id = submitted(fanfold, "true", "a", "b")

    cancelled = fanfold("cancel", task_id)
    retried = fanfold("retry", "--wait", task_id)

    assert cancelled.status == 0
    assert "status    CANCELLED" in cancelled.stdout.decode()
    assert retried.status == 0
    assert "status    COMPLETED (run 2)" in retried.stdout.decode()


def test_retry_wait_exits_with_1_when_it_failed_again(fanfold: CommandLine) -> None:
    task_id = submitted(fanfold, "false", "a")

    assert fanfold("retry", task_id).status == 0
    assert fanfold("retry", "--wait", task_id).status == 1


def test_tasks_are_listed_in_columns(fanfold: CommandLine) -> None:
    first = submitted(fanfold, "--name", "the first", PICKY, "good", "bad")
    second = submitted(fanfold, "true", "a")

    ended = fanfold("tasks")

    assert [line.split() for line in ended.stdout.decode().splitlines()] == [
        ["TASK", "STATUS", "ITEMS", "DONE", "FAILED", "CREATED", "NAME"],
        [second, "COMPLETED", "1", "1", "0", "2026-11-25", "13:00:00Z", "-"],
        [first, "FAILED", "2", "2", "1", "2026-11-25", "13:00:00Z", "the", "first"],
    ]


def test_the_next_page_of_tasks_is_one_paste_away(fanfold: CommandLine) -> None:
    ids = [submitted(fanfold, "true", "a") for _ in range(3)]

    ended = fanfold("tasks", "--limit", "2")
    more = ended.stderr.split()

    assert ids[0] not in ended.stdout.decode()
    assert more[:3] == ["more:", "fanfold", "tasks"]
    assert ids[0] in fanfold(*more[2:]).stdout.decode()


def test_nodes_are_listed_in_columns(fanfold: CommandLine) -> None:
    lines = fanfold("nodes").stdout.decode().splitlines()

    assert [line.split() for line in lines] == [
        ["NODE", "NAME", "SLOTS", "BUSY", "ROOM", "DRAINING", "LAST", "BEAT"],
        ["w1#5f1c", "w1", "2", "1", "yes", "no", "2026-11-25", "13:00:02Z"],
    ]


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        (["submit", PICKY, "bad"], TaskStatus),
        (["status", "last"], TaskStatus),
        (["status", "--wait", "last"], TaskStatus),
        (["cancel", "last"], TaskStatus),
        (["retry", "last"], TaskStatus),
        (["retry", "--wait", "last"], TaskStatus),
        (["tasks"], TaskPage),
        (["nodes"], NodeList),
        (["results", "--limit", "1", "last"], ItemResult),
    ],
)
def test_json_is_one_value_with_every_member_of_its_shape(
    fanfold: CommandLine, arguments: list[str], shape: type[msgspec.Struct]
) -> None:
    submitted(fanfold, PICKY, "good", "bad")

    out = fanfold(*arguments, "--json").stdout

    msgspec.json.decode(out, type=shape)
    assert set(json.loads(out)) == set(shape.__struct_encode_fields__)
    assert out.count(b"\n") == 1


def test_an_unknown_task_is_one_line_and_json(fanfold: CommandLine) -> None:
    ended = fanfold("status", "--json", "no-such")

    assert (ended.status, ended.stderr) == (1, "fanfold: error: there is no such task\n")
    error = msgspec.json.decode(ended.stdout, type=ErrorReport).error
    assert (error.code, error.status) == ("task-not-found", 404)


def test_without_a_server_it_exits_with_69_and_a_hint(fanfold: CommandLine) -> None:
    ended = fanfold("nodes", "--url", "http://127.0.0.1:1", "--json")

    assert ended.status == 69
    assert "no server answers at http://127.0.0.1:1: connection refused" in ended.stderr
    assert "hint: is it running? `fanfold up`" in ended.stderr
    assert json.loads(ended.stdout)["error"]["code"] == "server-unreachable"


def test_a_busy_service_exits_with_75(fanfold: CommandLine, door: Door) -> None:
    door.faults.extend([busy] * 30)

    assert fanfold("nodes").status == 75


def test_an_address_that_is_none_exits_with_78(fanfold: CommandLine) -> None:
    assert fanfold("nodes", FANFOLD_URL="ftp://nowhere").status == 78


def test_any_of_several_servers_will_do(fanfold: CommandLine, door: Door) -> None:
    assert fanfold("nodes", FANFOLD_URL=f"http://127.0.0.1:1,{door.url}").status == 0
    assert fanfold("nodes", "--url", "http://127.0.0.1:1", "--url", door.url).status == 0
