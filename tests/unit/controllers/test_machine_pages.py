"""Health, metrics and the API's description; problems for whatever else is asked."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import app
from app.controllers.openapi import describe
from app.controllers.operations import OPERATIONS
from app.errors import StoreUnavailable
from app.repositories.memory import MemoryStore
from app.support.metrics import COUNTERS, GAUGES
from tests.api import Api, failed, ok


class Away(MemoryStore):
    """A store that does not answer while `is_away`."""

    is_away = False

    def time(self) -> float:
        if self.is_away:
            raise StoreUnavailable("Redis does not answer")
        return super().time()

    def counts(self) -> dict[str, int]:
        if self.is_away:
            raise StoreUnavailable("Redis does not answer")
        return super().counts()


class Broken(MemoryStore):
    """A store with a mistake in it."""

    def recent(self, *, before: object, limit: int) -> list[tuple[float, str]]:  # noqa: ARG002 - the port's
        raise ZeroDivisionError("the secret of /etc/shadow")


def health(api: Api, path: str = "/health/ready") -> tuple[int, dict[str, Any]]:
    answer = api.get(path)
    return answer.status_code, answer.get_json()


def components(kafka: str, redis: str) -> dict[str, Any]:
    return {"kafka": {"status": kafka}, "redis": {"status": redis}}


@pytest.mark.parametrize("path", ["/health/ready", "/readyz", "/actuator/health"])
def test_ready_names_what_it_needs(api: Api, path: str) -> None:
    assert health(api, path) == (200, {"status": "UP", "components": components("UP", "UP")})


def test_ready_says_that_kafka_is_missing(api: Api) -> None:
    api.bus.interrupt()
    assert health(api) == (503, {"status": "DOWN", "components": components("DOWN", "UP")})


def test_ready_says_that_redis_is_missing() -> None:
    api = Api(make_store=Away)
    assert isinstance(api.store, Away)
    api.store.is_away = True
    assert health(api) == (503, {"status": "DOWN", "components": components("UP", "DOWN")})
    assert api.get("/health/ready").headers["Retry-After"] == "1"


def test_ready_says_that_it_drains() -> None:
    assert health(Api(is_stopping=lambda: True)) == (
        503,
        {"status": "DRAINING", "components": components("UP", "UP")},
    )


@pytest.mark.parametrize("path", ["/health/live", "/livez", "/schedule/ping"])
def test_live_looks_at_nothing_else(path: str) -> None:
    api = Api(make_store=Away)
    assert isinstance(api.store, Away)
    api.store.is_away = True
    api.bus.interrupt()
    assert api.get(path).status_code == 200


def metrics(api: Api) -> Mapping[str, float]:
    answer = api.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_all_counters_and_gauges_are_there_at_nought(api: Api) -> None:
    seen = metrics(api)
    for counter in COUNTERS.values():
        assert seen[f"{counter.name}_total"] == 0
    for gauge in GAUGES.values():
        assert seen[gauge.name] == 0
    assert seen["fanfold_store_up"] == 1


def test_metrics_follow_the_work(api: Api) -> None:
    api.beat(busy=1)
    task_id = api.submit(["a", "b"])
    assert metrics(api)["fanfold_tasks_unfinished"] == 1
    api.work(task_id, {0: ok(0), 1: failed(1)})
    seen = metrics(api)
    assert (seen["fanfold_items_succeeded_total"], seen["fanfold_items_failed_total"]) == (1, 1)
    assert (seen["fanfold_tasks_failed_total"], seen["fanfold_tasks_unfinished"]) == (1, 0)
    assert (seen["fanfold_workers_alive"], seen["fanfold_slots"], seen["fanfold_slots_busy"]) == (1, 2, 1)


def test_requests_are_timed_by_route_and_not_by_task(api: Api) -> None:
    for name in ("a", "b"):
        api.get(f"/schedule/{name}")
    api.get("/nope/1")
    api.get("/nope/2", headers={"Host": "evil"})
    seen = metrics(api)
    name = "fanfold_http_request_duration_seconds_count"
    assert seen[f'{name}{{method="GET",route="/schedule/<task:task_id>",status="404"}}'] == 2
    assert seen[f'{name}{{method="GET",route="none",status="404"}}'] == 1
    assert seen[f'{name}{{method="GET",route="none",status="421"}}'] == 1


def test_metrics_outlast_the_store() -> None:
    api = Api(make_store=Away)
    assert isinstance(api.store, Away)
    api.store.is_away = True
    seen = metrics(api)
    assert seen["fanfold_store_up"] == 0
    assert "fanfold_tasks_unfinished" not in seen


def test_every_count_of_the_protocol_is_declared() -> None:
    source = Path(app.__file__).parent / "protocol"
    words = {
        word
        for path in source.glob("*.py")
        for word in re.findall(r'"([a-z]+(?:_[a-z]+)*)": ?\d', path.read_text())
    }
    assert words
    assert words <= set(COUNTERS)


def test_metric_names_are_as_prometheus_wants_them() -> None:
    for metric in (*COUNTERS.values(), *GAUGES.values()):
        assert re.fullmatch(r"fanfold_[a-z]+(_[a-z]+)*", metric.name)
        assert not metric.name.endswith("_total")
        assert metric.meaning.endswith(".")


def test_every_route_is_described_and_nothing_else(api: Api) -> None:
    assert {rule.endpoint for rule in api.app.url_map.iter_rules()} == set(OPERATIONS)


def references(document: object) -> set[str]:
    if isinstance(document, dict):
        found = {document["$ref"]} if isinstance(document.get("$ref"), str) else set()
        return found.union(*(references(value) for value in document.values()))
    if isinstance(document, list):
        return set().union(*(references(value) for value in document))
    return set()


def test_the_description_refers_to_what_it_has(api: Api) -> None:
    document = api.get("/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    assert references(document) <= {
        f"#/components/schemas/{name}" for name in document["components"]["schemas"]
    }
    calls = [call for path in document["paths"].values() for call in path.values()]
    names = [call["operationId"] for call in calls]
    assert len(names) == len(set(names))
    assert {"/schedule/{taskId}", "/schedule/{taskId}/results", "/schedule/create"} <= set(document["paths"])
    assert set(document["paths"]["/schedule"]) == {"get", "post"}
    assert all(call["summary"] for call in calls)


def test_the_description_has_the_fields_of_a_task(api: Api) -> None:
    schemas = describe(api.app)["components"]["schemas"]
    assert {"id", "inputList", "templateFunction", "variableJson", "status"} <= set(
        schemas["MasterTask"]["properties"]
    )
    assert "exitCode" in schemas["ResultLine"]["properties"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/nope", 404, "not-found"),
        ("GET", "/schedule//ping", 404, "not-found"),
        ("GET", "/schedule/a/b/c", 404, "not-found"),
        ("GET", "/schedule/../etc/passwd", 404, "not-found"),
        ("DELETE", "/schedule", 405, "method-not-allowed"),
        ("GET", "/schedule/create", 405, "method-not-allowed"),
        ("POST", "/schedule/ping", 405, "method-not-allowed"),
        ("PUT", "/metrics", 405, "method-not-allowed"),
        ("BREW", "/schedule", 405, "method-not-allowed"),
    ],
)
def test_what_is_not_there_is_a_problem(api: Api, method: str, path: str, status: int, code: str) -> None:
    answer = api.client.open(path, method=method)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.get_json()["code"] == code
    assert ("Allow" in answer.headers) == (status == 405)


def test_a_mistake_of_ours_shows_nothing_but_an_id(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Api(make_store=Broken).get("/schedule")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    document = answer.get_json()
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    error_id = document["instance"].removeprefix("urn:uuid:")
    logged = capsys.readouterr()
    assert (logged.out + logged.err).count(error_id) == 1
