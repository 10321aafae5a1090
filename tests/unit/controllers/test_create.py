"""Submitting tasks: every form of body, and every way to get it wrong."""

import json
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest

from app.settings import Settings
from app.support.metrics import COUNTERS
from tests.api import Api, ok

TEMPLATE = 'echo "$1"'


def stored_items(api: Api, task_id: str) -> list[str]:
    spec = api.store.spec(task_id)
    assert spec is not None
    return api.store.items(spec.upload, ((0, spec.items_total),))


def refused(api: Api, status: int, **fields: object) -> dict[str, Any]:
    answer = api.post("/schedule/create", {"templateFunction": TEMPLATE, "inputList": ["a"]} | fields)
    return problem(answer, status)


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    document: dict[str, Any] = answer.get_json()
    assert document["status"] == status
    assert document["code"]
    assert document["detail"]
    return document


def test_a_task_is_stored_and_published(api: Api) -> None:
    answer = api.create(["a", "b"], name="two", priority=5, timeoutSeconds=1.5, language="sh")

    assert answer.status_code == 202
    status = answer.get_json()
    assert answer.headers["Location"] == f"/schedule/{status['taskId']}"
    assert (status["itemsTotal"], status["name"], status["priority"], status["run"]) == (2, "two", 5, 1)
    assert status["createdAt"] == "2027-01-15T08:00:00Z"
    assert stored_items(api, status["taskId"]) == ["a", "b"]
    api.await_published(status["taskId"])
    (record,) = api.bus.records(api.settings.pubsub.topic)
    assert record.key == status["taskId"].encode()
    assert api.get(f"/schedule/{status['taskId']}").get_json()["status"] == "SUBMITTED"


def test_the_short_path_does_the_same(api: Api) -> None:
    assert api.post("/schedule", {"templateFunction": TEMPLATE, "inputList": [1]}).status_code == 202


def test_numbers_become_the_text_they_were_written_as(api: Api) -> None:
    body = b'{"templateFunction": "echo", "inputList": ["x", 1, 2.50, -0.0, 1e3, 12345678901234567890123]}'
    answer = api.post("/schedule", data=body, content_type="application/json; charset=UTF-8")
    assert stored_items(api, answer.get_json()["taskId"]) == [
        "x", "1", "2.50", "-0.0", "1e3", "12345678901234567890123",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bounds", "items"), [([0, 3], ["0", "1", "2"]), ([5, 0, -2], ["5", "3", "1"]), ([7, 8, 100], ["7"])]
)
def test_a_range_stands_for_its_numbers(api: Api, bounds: list[int], items: list[str]) -> None:
    assert stored_items(api, api.submit({"range": bounds})) == items


def test_of_a_range_only_the_rule_is_stored(api: Api) -> None:
    answer = api.create({"range": [5, 50_000_005, 5]})
    task_id = answer.get_json()["taskId"]
    assert answer.get_json()["itemsTotal"] == 10_000_000
    assert api.store.snapshot()["_uploads"] == {}
    spec = api.store.spec(task_id)
    assert spec is not None
    assert api.store.items(spec.upload, ((9_999_999, 10_000_000),)) == ["50000000"]


def test_results_show_the_items_of_a_range(api: Api) -> None:
    task_id = api.submit({"range": [10, 0, -5]})
    api.work(task_id, {0: ok(0), 1: ok(1)})
    assert [line["item"] for line in api.lines(task_id)] == ["10", "5"]


def test_a_range_is_a_task_that_lists_can_repeat(api: Api) -> None:
    task = {"id": str(uuid4()), "templateFunction": TEMPLATE}
    assert api.post("/schedule", task | {"inputList": {"range": [0, 3_000]}}).status_code == 202
    lines = ndjson(task, *range(3_000))
    assert api.post("/schedule", data=lines, content_type="application/x-ndjson").status_code == 202
    others: list[object] = [{"range": [0, 3_001]}, {"range": [0, 6_000, 2]}, ["0", "1"]]
    for items in others:
        document = problem(api.post("/schedule", task | {"inputList": items}), 422)
        assert document["code"] == "task-id-in-use"


@pytest.mark.parametrize(
    "items",
    [
        {},
        {"range": [1]},
        {"range": ["a", "b"]},
        {"range": [1, 2, 0]},
        {"range": [1, 1]},
        {"range": [0, 2**62]},
    ],
)
def test_a_bad_range_is_refused_with_a_hint(api: Api, items: object) -> None:
    document = refused(api, 422, inputList=items)
    assert document["pointer"].startswith("#/inputList")
    assert document["hint"]


def test_a_range_fits_the_arguments_of_a_program(api: Api) -> None:
    assert api.create({"range": [0, 3]}, templateFunction="#!/bin/cat\n").status_code == 202


def test_a_form_as_the_reference_client_sends_it(api: Api) -> None:
    form = {
        "templateFunction": "echo {{word}} $1",
        "inputList": ["a&b", "", "ü"],
        "variableJson": '{"word": "hello"}',
        "priority": "3",
        "idempotent": "true",
        "name": "",
    }
    answer = api.post("/schedule/create", data=form)
    assert answer.status_code == 202, answer.text
    spec = api.store.spec(answer.get_json()["taskId"])
    assert spec is not None
    assert (spec.priority, spec.idempotent, spec.name, spec.variables) == (3, True, None, {"word": "hello"})
    assert stored_items(api, spec.task_id) == ["a&b", "", "ü"]


def ndjson(*lines: object, raw: bytes = b"") -> bytes:
    return b"\n".join(json.dumps(line).encode() for line in lines) + raw


def test_a_stream_of_lines(api: Api) -> None:
    body = ndjson({"templateFunction": TEMPLATE}, "a", 2, 2.5, "\N{GRINNING FACE}", raw=b"\n\n")
    answer = api.post("/schedule", data=body, content_type="application/x-ndjson")
    assert answer.status_code == 202, answer.text
    assert stored_items(api, answer.get_json()["taskId"]) == ["a", "2", "2.5", "\N{GRINNING FACE}"]


def test_a_long_stream_is_stored_in_blocks(api: Api) -> None:
    items = [f"{'x' * (number % 300)}{number}" for number in range(12_345)]
    answer = api.post(
        "/schedule", data=ndjson({"templateFunction": TEMPLATE}, *items), content_type="application/x-ndjson"
    )
    task_id = answer.get_json()["taskId"]
    assert answer.get_json()["itemsTotal"] == len(items)
    assert stored_items(api, task_id) == items


def test_the_three_bodies_of_a_task_are_the_same_task(api: Api) -> None:
    task = {"id": str(uuid4()), "templateFunction": TEMPLATE}
    whole = api.post("/schedule", task | {"inputList": ["1", "2"]})
    form = api.post("/schedule", data=task | {"inputList": ["1", "2"]})
    lines = api.post("/schedule", data=ndjson(task, 1, "2"), content_type="application/x-ndjson")
    ranged = api.post("/schedule", task | {"inputList": {"range": [1, 3]}})
    assert {answer.status_code for answer in (whole, form, lines, ranged)} == {202}
    assert {answer.get_json()["taskId"] for answer in (whole, form, lines, ranged)} == {task["id"]}
    assert api.store.counts()["tasks_submitted"] == 1


def test_the_same_id_in_capitals_is_the_same_id(api: Api) -> None:
    task_id = str(uuid4())
    assert api.create(["a"], id=task_id.upper()).get_json()["taskId"] == task_id
    assert api.get(f"/schedule/{task_id.upper()}").status_code == 200


@pytest.mark.parametrize(
    "other",
    [{"inputList": ["b"]}, {"name": "x"}, {"templateFunction": "true"}, {"variableJson": {"a": 1}}],
)
def test_the_same_id_with_another_body_is_refused(api: Api, other: dict[str, object]) -> None:
    first: dict[str, object] = {"id": str(uuid4()), "templateFunction": TEMPLATE, "inputList": ["a"]}
    assert api.post("/schedule", first).status_code == 202
    document = problem(api.post("/schedule", first | other), 422)
    assert (document["code"], document["pointer"]) == ("task-id-in-use", "#/id")


def test_a_repetition_uploads_nothing(api: Api) -> None:
    task_id = str(uuid4())
    api.create(["a"], id=task_id)
    uploads = api.store.snapshot()["_uploads"]
    assert api.create(["a"], id=task_id).status_code == 202
    assert api.store.snapshot()["_uploads"] == uploads


def test_kafka_away_does_not_fail_a_submission(api: Api) -> None:
    api.bus.interrupt()
    answer = api.create(["a"])
    assert answer.status_code == 202
    assert answer.get_json()["status"] == "QUEUED"
    api.bus.recover()
    api.await_published(answer.get_json()["taskId"])


def test_fields_that_clients_send_back_are_ignored(api: Api) -> None:
    assert api.create(["a"], status="QUEUED", chunksToExecute=3, chunksExecuted=[]).status_code == 202


def test_null_is_as_good_as_absent(api: Api) -> None:
    answer = api.create(["a"], id=None, name=None, timeoutSeconds=None, variableJson=None, language=None)
    assert answer.status_code == 202


def test_warnings_are_told_and_kept(api: Api) -> None:
    answer = api.create(["a"], templateFunction="echo {{a}}", variableJson={"a": 1, "unused": 2})
    assert "unused" in answer.get_json()["warnings"][0]
    assert api.get(answer.headers["Location"]).get_json()["warnings"] == answer.get_json()["warnings"]


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ({"inputList": []}, "#/inputList", "empty"),
        ({"inputList": None}, "#/inputList", "missing"),
        ({"inputList": "a"}, "#/inputList", "not a list"),
        ({"inputList": 3}, "#/inputList", "not a list"),
        ({"inputList": {}}, "#/inputList", "range"),
        ({"inputList": {"range": [1]}}, "#/inputList", "range"),
        ({"inputList": {"range": [1, 2], "x": 1}}, "#/inputList", "range"),
        ({"inputList": {"range": [1, 2.5]}}, "#/inputList/range", "whole"),
        ({"inputList": {"range": [True, 2]}}, "#/inputList/range", "whole"),
        ({"inputList": {"range": [1, 2, 0]}}, "#/inputList/range/2", "step"),
        ({"inputList": {"range": [5, 1]}}, "#/inputList", "empty"),
        ({"inputList": {"range": [0, 2**62]}}, "#/inputList", "more than"),
        ({"inputList": {"range": [0, 2**70]}}, "#/inputList/range", "63 bits"),
        ({"inputList": ["a", None]}, "#/inputList/1", "null"),
        ({"inputList": ["a", "b", ["c"]]}, "#/inputList/2", "a list"),
        ({"inputList": [True]}, "#/inputList/0", "true or false"),
        ({"inputList": [{"a": 1}]}, "#/inputList/0", "an object"),
        ({"inputList": ["a", "b\0"]}, "#/inputList/1", "NUL"),
        ({"templateFunction": None}, "#/templateFunction", "missing"),
        ({"templateFunction": 3}, "#/templateFunction", "string"),
        ({"templateFunction": ""}, "#/templateFunction", ""),
        ({"templateFunction": "echo (", "language": "bash"}, "#/templateFunction", "line 1"),
        ({"templateFunction": "echo (", "language": "sh"}, "#/templateFunction", ""),
        ({"templateFunction": "def run(", "language": "python"}, "#/templateFunction", ""),
        ({"templateFunction": "echo {{x}}", "variableJson": {"y": 1}}, "#/templateFunction", "x"),
        ({"templateFunction": "x" * 70_000}, "#/templateFunction", "64 KiB"),
        ({"id": "x"}, "#/id", "UUID"),
        ({"id": 5}, "#/id", "string"),
        ({"id": "{2f1c8e0a-6c1e-4d36-9a51-0f3f6f1f7a10}"}, "#/id", "UUID"),
        ({"name": 5}, "#/name", "string"),
        ({"name": "x" * 201}, "#/name", "200"),
        ({"name": "a\0"}, "#/name", "NUL"),
        ({"priority": "5"}, "#/priority", "integer"),
        ({"priority": 1.5}, "#/priority", "integer"),
        ({"priority": 10**30}, "#/priority", "1000"),
        ({"priority": True}, "#/priority", "integer"),
        ({"timeoutSeconds": 0}, "#/timeoutSeconds", "greater than 0"),
        ({"timeoutSeconds": -1}, "#/timeoutSeconds", "greater than 0"),
        ({"timeoutSeconds": 1e300}, "#/timeoutSeconds", "less than"),
        ({"timeoutSeconds": "5"}, "#/timeoutSeconds", "number"),
        ({"idempotent": "yes"}, "#/idempotent", "boolean"),
        ({"idempotent": 1}, "#/idempotent", "boolean"),
        ({"language": "ruby"}, "#/language", "'bash', 'sh' or 'python'"),
        ({"language": ["bash"]}, "#/language", ""),
        ({"variableJson": [1]}, "#/variableJson", "dictionary"),
        ({"variableJson": "[1]"}, "#/variableJson", "dictionary"),
        ({"variableJson": "{"}, "#/variableJson", "no JSON object"),
        ({"variableJson": '{"a": 1, "a": 2}'}, "#/variableJson", "twice"),
        ({"variableJson": {"a": None}}, "#/variableJson", "null"),
        ({"variableJson": {"a": {"b": 1}}}, "#/variableJson", "an object"),
        ({"variableJson": {"a": 2**70}}, "#/variableJson", "64 bits"),
    ],
)
def test_a_wrong_value_is_named(api: Api, fields: dict[str, object], pointer: str, words: str) -> None:
    document = refused(api, 422, **fields)
    assert document["pointer"] == pointer
    assert words in document["detail"]


def test_all_wrong_fields_are_named_at_once(api: Api) -> None:
    document = refused(api, 422, priority="x", name=3, idempotent="no")
    assert [fault["pointer"] for fault in document["errors"]] == ["#/name", "#/priority", "#/idempotent"]


def test_all_wrong_items_are_named_up_to_ten(api: Api) -> None:
    document = refused(api, 422, inputList=["a", *[None] * 30])
    assert [fault["pointer"] for fault in document["errors"]] == [f"#/inputList/{n}" for n in range(1, 11)]


def test_an_unknown_field_is_refused_with_a_guess(api: Api) -> None:
    document = refused(api, 400, templateFunktion="x")
    assert (document["code"], document["pointer"]) == ("field-unknown", "#/templateFunktion")
    assert document["hint"] == "did you mean templateFunction?"


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b"", None),
        (b"not json", None),
        (b"[]", "#"),
        (b'"text"', "#"),
        (b"null", "#"),
        (b'{"inputList": [NaN]}', "#/inputList/0"),
        (b'{"inputList": ["a"], "inputList": ["b"]}', "#/inputList"),
        (b'{"inputList": ["\\ud800"]}', "#/inputList/0"),
        (b"\xef\xbb\xbf{}", None),
        (b'{"inputList": ["\xff"]}', None),
        (b'{"variableJson": ' + b'{"a":' * 40 + b"1" + b"}" * 41, "#/variableJson" + "/a" * 31),
        (b'{"priority": ' + b"9" * 5_000 + b"}", "#/priority"),
    ],
)
def test_what_is_not_good_json_is_refused(api: Api, raw: bytes, pointer: str | None) -> None:
    document = problem(api.post("/schedule", data=raw, content_type="application/json"), 400)
    assert document["code"] == "body-malformed"
    assert document.get("pointer") == pointer


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "",
        "application/json; charset=latin-1",
    ],
)
def test_other_content_types_are_refused(api: Api, kind: str) -> None:
    answer = api.post("/schedule", data=b"{}", content_type=kind)
    assert problem(answer, 415)["code"] == "content-type-unsupported"
    assert "application/json" in answer.headers["Accept-Post"]


def test_a_compressed_body_is_refused(api: Api) -> None:
    answer = api.post(
        "/schedule", data=b"x", content_type="application/json", headers={"Content-Encoding": "gzip"}
    )
    assert problem(answer, 415)["hint"]


@pytest.mark.parametrize(
    "form",
    [
        b"templateFunction=a&templateFunction=b&inputList=1",
        b"templateFunction=%ff&inputList=1",
        b"templateFunction",
        b"\xff=1",
    ],
)
def test_a_bad_form_is_refused(api: Api, form: bytes) -> None:
    problem(api.post("/schedule", data=form, content_type="application/x-www-form-urlencoded"), 400)


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"templateFunction": "true", "inputList": ["a"], "priority": "high"}, "#/priority"),
        ({"templateFunction": "true", "inputList": ["a"], "idempotent": "1"}, "#/idempotent"),
        ({"templateFunction": "true", "inputList": ["a\0"]}, "#/inputList/0"),
        ({"templateFunction": "true"}, "#/inputList"),
        ({"inputList": ["a"]}, "#/templateFunction"),
    ],
)
def test_a_wrong_field_of_a_form_is_named(api: Api, form: dict[str, object], pointer: str) -> None:
    assert problem(api.post("/schedule", data=form), 422)["pointer"] == pointer


HEAD = b'{"templateFunction": "true"}\n'


@pytest.mark.parametrize(
    ("body", "status", "pointer", "words"),
    [
        (HEAD, 422, "#/inputList", "empty"),
        (HEAD + b'"a"\nnull', 422, "#/inputList/1", "line 3: item 1 is null"),
        (HEAD + b'"a"\n[1]', 422, "#/inputList/1", "line 3: item 1 is a list"),
        (HEAD + b'"a\\u0000"', 422, "#/inputList/0", "line 2: item 0 is a text with NUL"),
        (HEAD + b'"a"\n\n"b" "c"', 400, "#/inputList/1", "line 4, item 1"),
        (HEAD + b'"a", "b"\n"c"', 400, "#/inputList/0", "line 2, item 0"),
        (HEAD + b'"a\nb", "c"\n"d"', 400, "#/inputList/0", "line 2, item 0"),
        (HEAD + b'"a"], ["b"\n"c"', 400, "#/inputList/0", "line 2, item 0"),
        (HEAD + b'"\\ud800"', 400, "#/inputList/0", "line 2, item 0"),
        (HEAD + b'"\xff"', 400, "#/inputList/0", "line 2, item 0"),
        (HEAD + b"NaN", 400, "#/inputList/0", "line 2, item 0"),
        (HEAD + b"01", 400, "#/inputList/0", "line 2, item 0: this is not JSON: Extra data at column 2"),
        (HEAD + b"1\n" * 50_000 + b"x", 400, "#/inputList/50000", "line 50002, item 50000"),
        (HEAD + b'"a"\n' * 50_000 + b"true\n", 422, "#/inputList/50000", "line 50002: item 50000"),
        (b'{"templateFunction": "true", "inputList": ["a"]}\n"b"', 422, "#/inputList", "belong"),
        (
            b'{"templateFunction": "true", "itemsTotal": 2}\n"b"',
            400,
            "#/itemsTotal",
            "1 items came, up to line 2",
        ),
        (b'{"templateFunction": "true", "itemsTotal": 2}\n1\n2\n3\n', 400, "#/itemsTotal", "3 items came"),
        (b'{"templateFunction": "true", "itemsTotal": "2"}\n"b"', 422, "#/itemsTotal", "whole"),
        (b'\n"b"', 400, None, ""),
        (b"", 400, None, ""),
    ],
)
def test_a_bad_line_is_named_and_leaves_no_task(
    api: Api, body: bytes, status: int, pointer: str | None, words: str
) -> None:
    document = problem(api.post("/schedule", data=body, content_type="application/x-ndjson"), status)
    assert document.get("pointer") == pointer
    assert words in document["detail"]
    assert api.get("/schedule").get_json()["tasks"] == []
    assert api.store.counts() == {}


def test_a_stream_that_is_cut_names_the_line_and_leaves_no_task(api: Api) -> None:
    body = HEAD + b'"a"\n' * 50_000
    answer = api.post(
        "/schedule",
        input_stream=BytesIO(body[:-2]),
        content_type="application/x-ndjson",
        environ_overrides={"CONTENT_LENGTH": str(len(body)), "wsgi.input_terminated": True},
    )
    document = problem(answer, 400)
    assert document["detail"] == f"the body ends after {len(body) - 2} of {len(body)} bytes, in line 50001"
    assert api.get("/schedule").get_json()["tasks"] == []
    assert api.store.counts() == {}


def limited(**http: object) -> Api:
    return Api(Settings.model_validate({"fanfold": {"http": http, "task": {"max_items": 5}}}))


@pytest.mark.parametrize("items", [list("abcdef"), {"range": [0, 6]}])
def test_too_many_items_are_refused(items: object) -> None:
    document = problem(limited().create(items), 422)
    assert document["pointer"] == "#/inputList"
    assert "5 items" in document["detail"]


@pytest.mark.parametrize(
    ("lines", "line"),
    [(b"1\n" * 6, 7), (b"1\n\n\n" * 6, 17), (b'"a"\n' * 100_000, 7), (b"\n" * 70_000 + b"1\n" * 6, 70_007)],
)
def test_too_many_lines_are_refused(lines: bytes, line: int) -> None:
    api = limited()
    document = problem(api.post("/schedule", data=HEAD + lines, content_type="application/x-ndjson"), 422)
    assert document["pointer"] == "#/inputList"
    assert document["detail"] == f"inputList has more than 5 items: line {line} is one too many"
    assert api.store.counts() == {}


def test_a_body_over_the_limit_is_refused() -> None:
    api = limited(max_body=1_000)
    assert api.create(["x" * 500]).status_code == 202
    assert problem(api.create(["x" * 1_000]), 413)["hint"]


def test_a_line_over_the_limit_is_refused() -> None:
    api = limited(max_body=1_000)
    body = HEAD + b'1\n"' + b"x" * 70_000 + b'"'
    document = problem(api.post("/schedule", data=body, content_type="application/x-ndjson"), 413)
    assert "line 3" in document["detail"]


@pytest.mark.parametrize(
    ("size", "language", "template", "status"),
    [
        (131_071, "bash", "#!/bin/cat\n", 202),
        (131_072, "bash", "#!/bin/cat\n", 422),
        (131_072, "bash", "cat", 202),
    ],
)
def test_items_of_a_program_must_fit_an_argument(
    api: Api, size: int, language: str, template: str, status: int
) -> None:
    answer = api.create(["a", "x" * size], language=language, templateFunction=template)
    assert answer.status_code == status
    if status == 422:
        assert problem(answer, 422)["pointer"] == "#/inputList/1"


def test_an_empty_item_and_one_that_begins_with_a_dash_are_items(api: Api) -> None:
    assert stored_items(api, api.submit(["", "-rf"])) == ["", "-rf"]


def test_waiting_answers_with_results_when_it_is_over(api: Api) -> None:
    task_id = api.submit(["a", "b"])
    api.work(task_id, {0: ok(0, stdout=b"A"), 1: ok(1, stdout=b"B")})
    body = {"id": task_id, "templateFunction": TEMPLATE, "inputList": ["a", "b"]}
    answer = api.post("/schedule/create?wait=5", body)
    assert answer.status_code == 200
    assert [line["stdout"] for line in answer.get_json()["results"]] == ["A", "B"]


def test_waiting_in_vain_answers_as_without(api: Api) -> None:
    answer = api.post("/schedule?wait=0.1", {"templateFunction": TEMPLATE, "inputList": ["a"]})
    assert answer.status_code == 202
    assert "results" not in answer.get_json()


@pytest.mark.parametrize("wait", ["-1", "nan", "inf", "soon", ""])
def test_a_wait_that_is_no_time_is_refused_before_anything_is_stored(api: Api, wait: str) -> None:
    document = problem(
        api.post(f"/schedule?wait={wait}", {"templateFunction": TEMPLATE, "inputList": ["a"]}), 422
    )
    assert document["code"] == "parameter-invalid"
    assert api.store.counts() == {}


def test_submissions_are_counted_under_declared_names(api: Api) -> None:
    api.submit(["a", "b"])
    assert api.store.counts()["items_submitted"] == 2
    assert set(api.store.counts()) <= set(COUNTERS)
