"""The status of a task, the list of tasks, and waiting for an end."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from app.models.ranges import Spans
from app.models.task import TaskState
from app.repositories.memory import MemoryStore
from app.settings import Settings
from tests.api import WORKER, Api, failed, ok

ABSENT = "2f1c8e0a-6c1e-4d36-9a51-0f3f6f1f7a10"


def status(api: Api, task_id: str, query: str = "") -> dict[str, Any]:
    answer = api.get(f"/schedule/{task_id}{query}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.get_json()
    return document


def test_counts_follow_the_work(api: Api) -> None:
    task_id = api.submit({"range": [0, 5]}, name="five")
    api.work(task_id, {0: ok(0), 1: failed(1)})
    seen = status(api, task_id)
    assert (seen["status"], seen["name"], seen["language"]) == ("INPROGRESS", "five", "bash")
    assert (seen["itemsTotal"], seen["itemsSucceeded"], seen["itemsFailed"]) == (5, 1, 1)
    assert (seen["chunksExecuted"], seen["chunksToExecute"]) == (1, 2)
    api.work(task_id, {2: ok(2), 3: ok(3), 4: ok(4)})
    seen = status(api, task_id)
    assert (seen["status"], seen["chunksExecuted"], seen["chunksToExecute"]) == ("FAILED", 2, 2)
    assert seen["finishedAt"] == "2027-01-15T08:00:00Z"


def test_both_paths_say_the_same(api: Api) -> None:
    task_id = api.submit(["a"])
    assert api.get(f"/schedule/status?taskId={task_id}").get_json() == status(api, task_id)


@pytest.mark.parametrize(
    "path", [f"/schedule/{ABSENT}", f"/schedule/status?taskId={ABSENT}", "/schedule/x", "/schedule/%00%ff"]
)
def test_no_such_task(api: Api, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "task-not-found")


def test_a_query_without_a_task_is_refused(api: Api) -> None:
    assert api.get("/schedule/status").status_code == 422


def test_nobody_works(api: Api) -> None:
    task_id = api.submit(["a"])
    assert status(api, task_id)["reason"] == "no live workers"
    api.beat()
    assert status(api, task_id)["reason"] is None
    api.clock.now += 10
    assert status(api, task_id)["reason"] == "no live workers"


def test_a_node_over_http_is_no_worker(api: Api) -> None:
    task_id = api.submit(["a"])
    assert api.get("/schedule/node-beat?nodeId=n1").status_code == 200
    assert status(api, task_id)["reason"] == "no live workers"


def test_an_ended_task_does_not_miss_workers(api: Api) -> None:
    task_id = api.submit(["a"])
    api.work(task_id, {0: ok(0)})
    assert status(api, task_id)["reason"] is None


def test_why_it_is_not_published_goes_first(api: Api) -> None:
    api.bus.interrupt()
    task_id = api.create(["a"]).get_json()["taskId"]
    api.operations.publish_failed(task_id, run=1, attempt=1, limit=2, reason="refused")
    assert (status(api, task_id)["status"], status(api, task_id)["reason"]) == ("RETRYING", "refused")


def test_the_rate_is_what_workers_measure(api: Api) -> None:
    task_id = api.submit({"range": [0, 10]})
    api.work(task_id, {0: ok(0), 1: ok(1)})
    api.beat(rates={task_id: 1.5})
    api.beat("worker-2/x", rates={task_id: 0.5})
    seen = status(api, task_id)
    assert (seen["rate"], seen["etaSeconds"]) == (2.0, 4.0)


def test_the_rate_is_an_average_where_nobody_measures(api: Api) -> None:
    task_id = api.submit({"range": [0, 10]})
    api.work(task_id, {0: ok(0), 1: ok(1)})
    api.clock.now += 4
    assert (status(api, task_id)["rate"], status(api, task_id)["etaSeconds"]) == (0.5, 16.0)


def test_the_first_failures_are_shown_short(api: Api) -> None:
    task_id = api.submit({"range": [0, 9]})
    long = b"x" * 5_000
    api.work(task_id, {n: failed(n, stdout=long) if n % 2 else ok(n) for n in range(9)})
    failures = status(api, task_id)["failures"]
    assert [line["index"] for line in failures] == [1, 3, 5]
    assert all(len(line["stdout"]) == 2_000 and line["stdoutTruncated"] for line in failures)
    assert [line["item"] for line in failures] == ["1", "3", "5"]


def test_failures_are_looked_up_once_for_each_number_of_them() -> None:
    class Counting(MemoryStore):
        reads = 0

        def items(self, upload: str, spans: Spans, *, most_blocks: int | None = None) -> list[str]:
            self.reads += 1
            return super().items(upload, spans, most_blocks=most_blocks)

    api = Api(make_store=Counting)
    task_id = api.submit({"range": [0, 4]})
    assert isinstance(api.store, Counting)
    api.work(task_id, {0: failed(0)})
    status(api, task_id)
    status(api, task_id)
    assert api.store.reads == 1
    api.work(task_id, {1: failed(1)})
    assert len(status(api, task_id)["failures"]) == 2
    assert api.store.reads == 2


def test_tasks_are_listed_newest_first_page_by_page(api: Api) -> None:
    made = []
    for _ in range(5):
        api.clock.now += 1
        made.append(api.submit(["a"]))
    seen: list[str] = []
    query = "?limit=2"
    for _ in range(3):
        page = api.get(f"/schedule{query}").get_json()
        seen += [task["taskId"] for task in page["tasks"]]
        query = f"?limit=2&after={page['next']}"
    assert seen == made[::-1]
    assert page["next"] is None


def test_tasks_of_one_moment_are_all_listed(api: Api) -> None:
    made = {api.submit(["a"]) for _ in range(4)}
    first = api.get("/schedule?limit=3").get_json()
    rest = api.get(f"/schedule?limit=3&after={first['next']}").get_json()
    assert {task["taskId"] for page in (first, rest) for task in page["tasks"]} == made


@pytest.mark.parametrize(
    "query",
    [
        "?limit=0",
        "?limit=501",
        "?limit=x",
        "?limit=-1",
        "?after=x",
        "?after=%ff",
        "?after=bmFuIHg",
        "?after=ü",
    ],
)
def test_a_bad_page_is_refused(api: Api, query: str) -> None:
    answer = api.get(f"/schedule{query}")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "parameter-invalid")


def test_an_empty_list(api: Api) -> None:
    assert api.get("/schedule").get_json() == {"tasks": [], "next": None}


def test_a_wait_ends_with_the_task(api: Api) -> None:
    task_id = api.submit(["a"])
    seen: list[dict[str, Any]] = []
    waiter = Thread(target=lambda: seen.append(status(api, task_id, "?wait=30")))
    waiter.start()
    api.work(task_id, {0: ok(0)})
    waiter.join(10)
    assert [each["status"] for each in seen] == ["COMPLETED"]


def test_a_wait_for_what_is_over_does_not_wait(api: Api) -> None:
    task_id = api.submit(["a"])
    api.work(task_id, {0: ok(0)})
    assert status(api, task_id, "?wait=60")["status"] == "COMPLETED"


def test_a_task_that_could_not_be_published_is_over_for_waiters(api: Api) -> None:
    api.bus.interrupt()
    task_id = api.create(["a"]).get_json()["taskId"]
    api.operations.publish_failed(task_id, run=1, attempt=2, limit=2, reason="refused")
    assert status(api, task_id, "?wait=60")["status"] == TaskState.SUBMISSION_FAILED


def test_waits_end_when_the_service_stops() -> None:
    api = Api(is_stopping=lambda: True)
    task_id = api.submit(["a"])
    assert status(api, task_id, "?wait=60")["status"] == "SUBMITTED"


def with_waiters(waiters: int) -> Api:
    return Api(Settings.model_validate({"fanfold": {"http": {"waiters": waiters, "wait_limit": 0.1}}}))


def test_a_wait_is_no_longer_than_the_limit() -> None:
    api = with_waiters(1)
    assert status(api, api.submit(["a"]), "?wait=1e9")["status"] == "SUBMITTED"


def test_without_a_place_to_wait_the_question_is_refused_but_not_the_submission() -> None:
    api = with_waiters(0)
    task_id = api.submit(["a"])
    answer = api.get(f"/schedule/{task_id}?wait=1")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "too-many-held")
    assert answer.headers["Retry-After"] == "1"
    assert status(api, task_id, "?wait=0")["status"] == "SUBMITTED"
    body = {"templateFunction": "true", "inputList": ["a"]}
    assert api.post("/schedule?wait=5", body).status_code == 202


@pytest.mark.parametrize(
    "ask", [lambda api: api.get("/schedule/nodes"), lambda api: api.get("/schedule/x?wait=1")]
)
def test_answers_are_not_kept(api: Api, ask: Callable[[Api], Any]) -> None:
    assert ask(api).headers["Cache-Control"] == "no-store"


def test_workers_and_nodes_are_listed(api: Api) -> None:
    api.beat(busy=1, draining=True)
    api.beat("worker-0/zzz")
    assert api.get("/schedule/node-beat?nodeId=worker-1").get_json() == {"nodeId": "worker-1", "status": "UP"}
    nodes = api.get("/schedule/nodes").get_json()["nodes"]
    assert [node["nodeId"] for node in nodes] == ["worker-0/zzz", WORKER, "worker-1"]
    assert nodes[1] == {
        "nodeId": WORKER,
        "name": "worker-1",
        "slots": 2,
        "busy": 1,
        "room": True,
        "draining": True,
        "shards": 0,
        "overHttp": False,
        "lastBeatAt": "2027-01-15T08:00:00Z",
        "alive": True,
    }
    api.clock.now += 10
    assert [node["nodeId"] for node in api.get("/schedule/nodes").get_json()["nodes"]] == ["worker-1"]
    api.clock.now += 30
    assert api.get("/schedule/nodes").get_json() == {"nodes": []}


def test_a_beat_over_http_does_not_take_a_workers_place(api: Api) -> None:
    api.beat()
    api.get(f"/schedule/node-beat?nodeId={WORKER}")
    assert api.store.beats()[WORKER].over_http is False
    assert all(not beat.takes_work for beat in api.store.beats().values() if beat.over_http)


@pytest.mark.parametrize("query", ["", "?nodeId=", "?nodeId=" + "x" * 201, "?nodeId=a%00b", "?nodeId=a%0Ab"])
def test_a_beat_without_a_good_name_is_refused(api: Api, query: str) -> None:
    assert api.get(f"/schedule/node-beat{query}").status_code == 422
