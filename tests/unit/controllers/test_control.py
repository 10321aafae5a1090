"""Cancel and retry over HTTP: done once, refused with a reason, safe to repeat."""

from typing import Any

import pytest

from tests.api import WORKER, Api, failed, ok


def ended(api: Api) -> str:
    task_id = api.submit(["a", "b"])
    api.work(task_id, {0: ok(0), 1: failed(1)})
    return task_id


def refusal(answer: Any) -> str:
    assert answer.status_code == 409, answer.text
    document = answer.get_json()
    assert document["code"] == "illegal-state"
    detail: str = document["detail"]
    return detail


def test_cancel_ends_a_task_that_nobody_runs(api: Api) -> None:
    task_id = api.submit(["a", "b"])
    status = api.post(f"/schedule/{task_id}/cancel").get_json()
    assert (status["status"], status["itemsCancelled"]) == ("CANCELLED", 2)


def test_cancel_waits_for_what_runs_and_may_be_repeated(api: Api) -> None:
    task_id = api.submit(["a", "b"])
    api.operations.plan(task_id, shard_id="s", worker=WORKER, count=1, most=9, function="f")
    api.operations.claim(task_id, "s", worker=WORKER, holds_nothing=True)
    for _ in range(2):
        answer = api.post(f"/schedule/{task_id}/cancel", {"run": 1})
        assert (answer.status_code, answer.get_json()["status"]) == (200, "CANCELLING")
    assert "CANCELLING" in refusal(api.post(f"/schedule/{task_id}/retry"))


def test_what_is_over_cannot_be_cancelled(api: Api) -> None:
    assert "FAILED already" in refusal(api.post(f"/schedule/{ended(api)}/cancel"))


def test_retry_runs_again_what_failed(api: Api) -> None:
    task_id = ended(api)
    answer = api.post(f"/schedule/{task_id}/retry")
    assert (answer.status_code, answer.get_json()["run"]) == (202, 2)
    api.await_published(task_id)
    assert len(api.bus.records(api.settings.pubsub.topic)) == 2
    api.work(task_id, {1: ok(1)})
    assert api.get(f"/schedule/{task_id}").get_json()["status"] == "COMPLETED"


def test_a_repeated_retry_of_one_run_is_one_retry(api: Api) -> None:
    task_id = ended(api)
    for _ in range(2):
        answer = api.post(f"/schedule/{task_id}/retry", {"run": 1})
        assert (answer.status_code, answer.get_json()["run"]) == (202, 2)


def test_retry_says_why_not(api: Api) -> None:
    task_id = api.submit(["a"])
    assert "not over yet" in refusal(api.post(f"/schedule/{task_id}/retry"))
    api.work(task_id, {0: ok(0)})
    assert "nothing to run again" in refusal(api.post(f"/schedule/{task_id}/retry"))


@pytest.mark.parametrize(("action", "run"), [("cancel", 2), ("cancel", 0), ("retry", 2), ("retry", -1)])
def test_another_run_than_the_current_one_is_refused(api: Api, action: str, run: int) -> None:
    assert "is not the current one" in refusal(api.post(f"/schedule/{ended(api)}/{action}", {"run": run}))


def test_a_cancel_of_an_earlier_run_does_not_touch_the_next(api: Api) -> None:
    task_id = ended(api)
    api.post(f"/schedule/{task_id}/retry")
    refusal(api.post(f"/schedule/{task_id}/cancel", {"run": 1}))
    assert api.get(f"/schedule/{task_id}").get_json()["itemsCancelled"] == 0


def test_a_task_that_could_not_be_published_is_published_by_retry(api: Api) -> None:
    api.bus.interrupt()
    task_id = api.create(["a"]).get_json()["taskId"]
    api.operations.publish_failed(task_id, run=1, attempt=2, limit=2, reason="refused")
    answer = api.post(f"/schedule/{task_id}/retry")
    assert (answer.status_code, answer.get_json()["status"]) == (202, "QUEUED"), answer.text
    api.bus.recover()
    api.await_published(task_id)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"run": 1, "run": 1}', "application/json", 400),
        (b'{"run": "1"}', "application/json", 422),
        (b'{"run": true}', "application/json", 422),
        (b'{"runs": 1}', "application/json", 422),
        (b"run=1", "application/x-www-form-urlencoded", 415),
        (b'{"run": 1}' + b" " * 70_000, "application/json", 413),
        (b'{"run": null}', "application/json", 200),
        (b"", "application/json", 200),
        (b" ", "", 200),
    ],
)
def test_the_body_is_checked(api: Api, body: bytes, kind: str, status: int) -> None:
    task_id = api.submit(["a"])
    answer = api.post(f"/schedule/{task_id}/cancel", data=body, content_type=kind)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_no_such_task(api: Api, action: str) -> None:
    assert api.post(f"/schedule/nope/{action}").status_code == 404
