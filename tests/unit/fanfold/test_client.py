"""The client against a server that speaks the contract: what it asks, what it makes of the answers."""

from datetime import UTC, datetime
from itertools import chain

import pytest

from fanfold import (
    BadItem,
    Client,
    Outcome,
    RequestRefused,
    TaskIdInUse,
    TaskNotFound,
    TaskState,
    TaskStatus,
    UnreadableAnswer,
    WaitTimedOut,
)
from tests.scheduler_door import Door
from tests.scheduler_double import SchedulerDouble

ID = "6f0c9a52-8d4b-4b52-9c39-1f2f1f6f3a10"


def test_a_submitted_task_is_accepted_under_a_fresh_id(client: Client, service: SchedulerDouble) -> None:
    first = client.submit('echo "$1"', ["a", "b"])
    second = client.submit('echo "$1"', ["a", "b"])

    assert first.items_total == 2
    assert [first.task_id, second.task_id] == list(service.tasks)


def test_everything_a_task_may_say_is_sent(client: Client, service: SchedulerDouble) -> None:
    client.submit(
        "echo {{greeting}}",
        ["a", 7, 0.5],
        variables={"greeting": "hello", "n": 3},
        language="sh",
        name="letters",
        priority=5,
        timeout_seconds=1.5,
        idempotent=True,
        task_id=ID,
    )

    assert service.newest().body == {
        "id": ID,
        "templateFunction": "echo {{greeting}}",
        "inputList": ["a", "7", "0.5"],
        "variableJson": {"greeting": "hello", "n": 3},
        "language": "sh",
        "name": "letters",
        "priority": 5,
        "timeoutSeconds": 1.5,
        "idempotent": True,
    }


def test_what_is_left_at_its_default_is_not_sent(client: Client, service: SchedulerDouble) -> None:
    client.submit("true", ["a"], task_id=ID)

    assert service.newest().body == {"id": ID, "templateFunction": "true", "inputList": ["a"]}


def test_a_range_of_items_is_sent_as_a_range(client: Client, service: SchedulerDouble) -> None:
    client.submit("true", range(1, 9, 3))

    assert service.newest().body["inputList"] == {"range": [1, 9, 3]}
    assert service.newest().items == ["1", "4", "7"]


@pytest.mark.parametrize("items", [["x" * 700_000, "ä" * 700_000], ["ä"] * 10_001])
def test_a_long_list_arrives_whole(client: Client, service: SchedulerDouble, items: list[str]) -> None:
    with_list = client.submit("def run(item): return None", items, language="python", name="long")

    assert with_list.items_total == len(items)
    assert service.newest().items == items
    assert service.newest().body["name"] == "long"


@pytest.mark.parametrize("item", [None, True, b"bytes", "lone \ud800 surrogate"])
def test_an_item_that_is_no_text_is_refused_before_anything_is_sent(
    client: Client, door: Door, item: object
) -> None:
    with pytest.raises(BadItem):
        client.submit("true", ["good", item])  # type: ignore[list-item]

    assert door.requests == []


def test_a_status_is_typed(client: Client) -> None:
    task_id = client.submit("exit 3", ["a"], name="wrong").task_id

    status = client.status(task_id)

    assert status.status is TaskState.FAILED
    assert status.is_over
    assert (status.items_total, status.items_failed, status.items_done) == (1, 1, 1)
    assert status.started_at == datetime(2026, 11, 25, 13, 0, 1, 250_000, tzinfo=UTC)
    assert status.failures[0].exit_code == 3


def test_results_come_in_item_order_with_their_exact_bytes(client: Client) -> None:
    task_id = client.submit('printf "%b" "$1"; printf "%b" "$1" >&2', ["plain", r"\xff\x00\xfe"]).task_id

    plain, binary = client.results(task_id)

    assert (plain.index, plain.item, plain.outcome) == (0, "plain", Outcome.OK)
    assert (plain.stdout, plain.stdout_bytes, plain.stderr_bytes) == ("plain", b"plain", b"plain")
    assert binary.stdout == "\\xff\x00\\xfe"
    assert binary.stdout_bytes == binary.stderr_bytes == b"\xff\x00\xfe"


def test_results_may_be_chosen_by_outcome_start_and_limit(client: Client) -> None:
    task_id = client.submit('test "$1" != b && test "$1" != d', ["a", "b", "c", "d"]).task_id

    assert [r.item for r in client.results(task_id, outcomes=[Outcome.FAILED])] == ["b", "d"]
    assert [r.item for r in client.results(task_id, outcomes=[Outcome.OK, Outcome.FAILED], start=2)] == [
        "c",
        "d",
    ]
    assert [r.item for r in client.results(task_id, limit=2)] == ["a", "b"]


def test_gapless_results_end_before_the_first_item_without_one(
    client: Client, service: SchedulerDouble
) -> None:
    service.holding = True
    task_id = client.submit("true", ["a", "b", "c"]).task_id
    service.release([0, 2])

    assert [r.item for r in client.results(task_id)] == ["a", "c"]
    assert [r.item for r in client.results(task_id, gapless=True)] == ["a"]


def test_brief_results_tell_outputs_alone_but_all_of_a_failure(client: Client) -> None:
    task_id = client.submit('test "$1" != b && printf %s "$1"', ["a", "b"]).task_id

    good, bad = chain.from_iterable(client.result_batches(task_id, brief=True))

    assert (good.index, good.outcome, good.stdout) == (0, Outcome.OK, "a")
    assert (good.item, good.worker, good.attempt) == (None, None, None)
    assert (bad.item, bad.outcome, bad.attempt) == ("b", Outcome.FAILED, 1)


def test_following_gives_each_result_once_all_before_it_are_there(
    client: Client, service: SchedulerDouble
) -> None:
    service.holding = True
    task_id = client.submit("true", ["a", "b", "c", "d"]).task_id
    releases = iter([[1, 2], [0], [3]])
    fetched_with: list[str] = []

    def release_more(status: TaskStatus) -> None:
        fetched_with.append(status.status)
        service.release(next(releases, []))

    items = [result.item for result in client.follow(task_id, on_status=release_more)]

    assert items == ["a", "b", "c", "d"]
    assert fetched_with == ["SUBMITTED", "INPROGRESS", "INPROGRESS", "COMPLETED"]


def test_run_submits_at_once_and_gives_the_results(client: Client, service: SchedulerDouble) -> None:
    results = client.run('echo "$1"', ["a", "b"])

    assert len(service.tasks) == 1
    assert [result.stdout for result in results] == ["a\n", "b\n"]


def test_a_python_function_returns_values(client: Client) -> None:
    source = "def run(item): return {'square': int(item) ** 2}"

    assert [r.value for r in client.run(source, [2, 3], language="python")] == [{"square": 4}, {"square": 9}]


def test_waiting_ends_with_the_task(client: Client, service: SchedulerDouble, door: Door) -> None:
    service.holding = True
    task_id = client.submit("true", ["a"]).task_id
    seen: list[TaskState] = []

    def release(status: TaskStatus) -> None:
        seen.append(status.status)
        service.release([0])

    last = client.wait(task_id, every_seconds=1, on_status=release)

    assert last.status is TaskState.COMPLETED
    assert seen == [TaskState.SUBMITTED, TaskState.COMPLETED]


def test_waiting_ends_when_a_task_could_not_be_published(client: Client, service: SchedulerDouble) -> None:
    service.holding = True
    task_id = client.submit("true", ["a"]).task_id
    service.newest().submission_failed = True

    assert client.wait(task_id).status is TaskState.SUBMISSION_FAILED


def test_waiting_has_its_limit(client: Client, service: SchedulerDouble) -> None:
    service.holding = True
    task_id = client.submit("true", ["a"]).task_id

    with pytest.raises(WaitTimedOut, match=r"is SUBMITTED after 0\.2 s; it goes on"):
        client.wait(task_id, timeout_seconds=0.2)


def test_without_a_free_waiter_the_client_polls(door: Door, service: SchedulerDouble) -> None:
    service.holding, service.waiters = True, 0
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        service.release([0])

    with Client(door.url, sleep=sleep) as client:
        task_id = client.submit("true", ["a"]).task_id
        last = client.wait(task_id)

    assert last.status is TaskState.COMPLETED
    assert slept == [pytest.approx(1.0)]
    assert f"GET /schedule/{task_id}?wait=20" in door.requests


def test_cancel_stops_the_run_that_was_read(client: Client, service: SchedulerDouble) -> None:
    service.holding = True
    task_id = client.submit("true", ["a", "b"]).task_id
    service.release([0])

    status = client.cancel(task_id)

    assert status.status is TaskState.CANCELLED
    assert (status.items_succeeded, status.items_cancelled) == (1, 1)


def test_control_of_a_run_that_is_past_does_nothing(client: Client) -> None:
    task_id = client.submit("false", ["a"]).task_id
    client.retry(task_id)

    assert client.retry(task_id, run=1).run == 2
    assert client.retry(task_id).run == 3


def test_all_tasks_are_read_page_by_page(client: Client, door: Door) -> None:
    ids = [client.submit("true", [str(n)]).task_id for n in range(5)]

    assert [task.task_id for task in client.tasks(page_size=2)] == ids[::-1]
    assert sum(request.startswith("GET /schedule?") for request in door.requests) == 3


def test_nodes_are_typed(client: Client) -> None:
    (node,) = client.nodes()

    assert (node.node_id, node.slots, node.busy, node.draining) == ("w1#5f1c", 2, 1, False)
    assert node.last_beat_at == datetime(2026, 11, 25, 13, 0, 2, 125_000, tzinfo=UTC)


def test_an_unknown_task_is_told(client: Client) -> None:
    with pytest.raises(TaskNotFound) as told:
        client.status("no/such?task")

    assert (told.value.status, told.value.code) == (404, "task-not-found")


def test_a_refusal_tells_field_and_remedy(client: Client) -> None:
    with pytest.raises(RequestRefused, match="'name' is undefined") as told:
        client.submit("echo {{name}}", ["a"])

    assert (told.value.code, told.value.pointer) == ("template-invalid", "/templateFunction")
    assert told.value.hint == "known variables: none"
    assert told.value.faults == ("/templateFunction: line 1: 'name'",)


def test_the_same_submission_again_is_the_same_task(client: Client, service: SchedulerDouble) -> None:
    first = client.submit("true", ["a"], task_id=ID)

    assert client.submit("true", ["a"], task_id=ID).task_id == first.task_id == ID
    with pytest.raises(TaskIdInUse):
        client.submit("true", ["another"], task_id=ID)
    assert len(service.tasks) == 1


def test_a_server_that_is_something_else_is_told(client: Client, door: Door) -> None:
    door.faults.append(lambda handler: handler.answer(200, b"<html>It works!</html>", kind="text/html"))

    with pytest.raises(UnreadableAnswer, match="not Fanfold's"):
        client.nodes()
