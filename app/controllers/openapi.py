"""The API's description (OpenAPI 3.1), made from the routes, their table and the models."""

import re
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
from flask import Blueprint, Flask, Response, current_app
from werkzeug.routing import Rule

from app.controllers.operations import OPERATIONS, RUN_BODY, TASK_BODY, Operation, Parameter
from app.controllers.problems import PROBLEM, Problem
from app.models.request import IGNORED_FIELDS, MasterTask

_REFERENCE = "#/components/schemas/"
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_METHODS = ("GET", "POST")
_EVERYWHERE = (HTTPStatus.FORBIDDEN, HTTPStatus.MISDIRECTED_REQUEST)

Document = dict[str, Any]


def openapi_routes() -> Blueprint:
    """The description's own route."""
    routes = Blueprint("openapi", __name__)

    @routes.get("/openapi.json")
    def document() -> Response:
        body = msgspec.json.encode(describe(current_app))
        return Response(body, content_type="application/json")

    return routes


def describe(app: Flask) -> Document:
    """The description of every route of `app`."""
    paths: dict[str, Document] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        operation = OPERATIONS[rule.endpoint]
        path = paths.setdefault(_CONVERTER.sub(lambda found: "{" + _camel(found[1]) + "}", rule.rule), {})
        path |= {
            method.lower(): _operation(rule, operation)
            for method in _METHODS
            if method in (rule.methods or frozenset())
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fanfold", "version": _version()},
        "paths": paths,
        "components": {"schemas": _schemas()},
    }


def _operation(rule: Rule, operation: Operation) -> Document:
    in_path = [_path_parameter(name) for name in sorted(rule.arguments)]
    described: Document = {
        "operationId": _operation_id(rule),
        "summary": operation.summary,
        "parameters": in_path + [_parameter(parameter) for parameter in operation.parameters],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        content = {kind: {"schema": {"$ref": _REFERENCE + operation.body}} for kind in operation.body_types}
        described["requestBody"] = {"required": operation.body != RUN_BODY, "content": content}
    return described


def _operation_id(rule: Rule) -> str:
    """The endpoint's own name, and the path where one endpoint has several."""
    words = re.findall(r"[a-z]+", _CONVERTER.sub("", rule.rule))
    return _camel("_".join((rule.endpoint.partition(".")[2], *words)))


def _responses(operation: Operation) -> Document:
    good = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {operation.media_type: {"schema": _schema_of(answer)}},
        }
        for status, answer in operation.answers.items()
    }
    problem = {"content": {PROBLEM: {"schema": {"$ref": _REFERENCE + "Problem"}}}}
    bad = {
        str(int(status)): {"description": HTTPStatus(status).phrase, **problem}
        for status in (*operation.problems, *_EVERYWHERE)
    }
    return good | bad


def _schema_of(answer: type[msgspec.Struct] | None) -> Document:
    return {"$ref": _REFERENCE + answer.__name__} if answer is not None else {}


def _path_parameter(name: str) -> Document:
    schema = {"type": "string", "format": "uuid"}
    return {"name": _camel(name), "in": "path", "required": True, "schema": schema}


def _parameter(parameter: Parameter) -> Document:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.is_required,
        "description": parameter.meaning,
        "schema": {"type": parameter.kind},
    }


def _schemas() -> Document:
    answers = {answer for operation in OPERATIONS.values() for answer in operation.answers.values() if answer}
    _, schemas = msgspec.json.schema_components(
        [*sorted(answers, key=lambda answer: answer.__name__), Problem], ref_template=_REFERENCE + "{name}"
    )
    task = MasterTask.model_json_schema(ref_template=_REFERENCE + "{model}")
    schemas |= task.pop("$defs")
    task["properties"] |= {name: {"description": "Ignored."} for name in sorted(IGNORED_FIELDS)}
    variables = task["properties"]["variableJson"]
    task["properties"]["variableJson"] = {
        "anyOf": [variables, {"type": "string"}, {"type": "null"}],
        "description": variables.pop("description"),
    }
    run = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"run": {"type": ["integer", "null"], "description": "The run that is meant."}},
    }
    return schemas | {TASK_BODY: task, RUN_BODY: run}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _version() -> str:
    try:
        return version("fanfold")
    except PackageNotFoundError:
        return "0"
