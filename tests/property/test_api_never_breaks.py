"""Whatever is sent, the API answers as it says it does, and never with a fault of its own."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.api import Api

API = Api()
FIELDS = (
    "id", "inputList", "templateFunction", "variableJson", "language", "name", "priority",
    "timeoutSeconds", "idempotent", "status", "chunksToExecute", "itemsTotal", "range", "run",
)  # fmt: skip
TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "",
        "\0",
        "echo $1",
        "{{x}}",
        "{{",
        "#!/bin/cat",
        "bash",
        "python",
        "NaN",
        "2" * 400,
        "\ud800",
        str(uuid4()),
    ]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**30), 1e308, 0, -1, True])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)
GOOD = {"templateFunction": "echo $1", "inputList": ["a"]}
SPOILT = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4).map(lambda some: GOOD | some)
KINDS = st.sampled_from(
    [
        "application/json",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "text/plain",
        "",
        "a/b; charset=x",
    ]
)
SOME = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def check(answer: TestResponse) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json"
        assert not answer.data or answer.get_json()["status"] == answer.status_code
        assert "Traceback" not in answer.text


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@SOME
@given(SPOILT)
@example(GOOD | {"variableJson": {"x": 10**25}})
@example(GOOD | {"inputList": {"range": [-(2**63) + 1, 2**63 - 1, 2**62]}})
@example(GOOD | {"timeoutSeconds": 5e-324})
def test_any_json_task(task: dict[str, Any]) -> None:
    check(API.post("/schedule", data=encoded(task), content_type="application/json"))


@SOME
@given(SPOILT, st.lists(VALUES.map(encoded) | st.binary(max_size=10), max_size=5))
def test_any_lines(task: dict[str, Any], lines: list[bytes]) -> None:
    task.pop("inputList", None)
    body = b"\n".join([encoded(task), *lines])
    check(API.post("/schedule", data=body, content_type="application/x-ndjson"))


@SOME
@given(
    st.binary(max_size=200) | VALUES.map(encoded),
    KINDS,
    st.sampled_from(["", "/create", "/x/cancel", "/x/retry"]),
)
def test_any_bytes(body: bytes, kind: str, path: str) -> None:
    check(API.post(f"/schedule{path}", data=body, content_type=kind))


@SOME
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "X"]),
    st.sampled_from(
        [
            "/",
            "/schedule",
            "/schedule/",
            "/schedule/nodes",
            "/schedule/node-beat",
            "/metrics",
            "/openapi.json",
        ]
    )
    | st.text(st.characters(exclude_characters="?"), max_size=12).map(lambda text: f"/schedule/{text}"),
    st.dictionaries(
        st.sampled_from(
            ["wait", "outcome", "start", "limit", "gapless", "brief", "after", "taskId", "nodeId"]
        ),
        st.text(max_size=8) | st.integers().map(str),
        max_size=3,
    ),
)
def test_any_path_and_query(method: str, path: str, query: dict[str, str]) -> None:
    if query.get("wait"):
        query["wait"] = query["wait"][:1]
    check(API.client.open(path, method=method, query_string=query, buffered=True))


@SOME
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "Host",
                "Origin",
                "Sec-Fetch-Site",
                "Content-Type",
                "Content-Encoding",
                "Transfer-Encoding",
                "Accept",
            ]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
        | st.sampled_from(
            ["localhost", "http://[::1", "[", "http://localhost:99999", "text/html; charset*=x''y"]
        ),
        max_size=3,
    )
)
def test_any_headers(headers: dict[str, str]) -> None:
    check(API.client.open("/schedule", method="POST", data=b"{}", headers=headers))


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "99999999999999999999999"])
def test_a_strange_length(length: str) -> None:
    check(
        API.post("/schedule", data=b"{}", content_type="application/json", headers={"Content-Length": length})
    )
