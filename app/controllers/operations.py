"""What each route takes and answers, by endpoint: the words and shapes of the API's description."""

from dataclasses import dataclass

import msgspec

from app.controllers.health import Health
from app.controllers.requests import ACCEPTED, JSON, NDJSON
from app.models.result import Outcome
from app.models.status import NodeBeat, NodeList, ResultLine, TaskPage, TaskStatus


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of the query. `kind` is its JSON type."""

    name: str
    kind: str
    meaning: str
    is_required: bool = False


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One call. `answers` are its good answers by status; None where the answer is no object."""

    summary: str
    answers: dict[int, type[msgspec.Struct] | None]
    media_type: str = JSON
    parameters: tuple[Parameter, ...] = ()
    body: str | None = None
    body_types: tuple[str, ...] = ()
    problems: tuple[int, ...] = ()


WAIT = Parameter(
    name="wait", kind="number", meaning="Hold the answer until the task is over, so many seconds at most."
)
RUN_BODY = "RunAsked"
TASK_BODY = "MasterTask"
CONTROL_PROBLEMS = (400, 404, 409, 413, 415, 422, 503)

OPERATIONS: dict[str, Operation] = {
    "schedule.ping": Operation(summary="Whether the service answers.", answers={200: Health}),
    "schedule.create": Operation(
        summary="Submit a task: as JSON, as a form with inputList repeated, or as NDJSON with the task on "
        "the first line (and itemsTotal in it, where no Content-Length is sent) and an item on each other.",
        answers={200: TaskStatus, 202: TaskStatus},
        parameters=(WAIT,),
        body=TASK_BODY,
        body_types=ACCEPTED,
        problems=(400, 411, 413, 415, 422, 503),
    ),
    "schedule.status": Operation(
        summary="A task's status.", answers={200: TaskStatus}, parameters=(WAIT,), problems=(404, 422, 503)
    ),
    "schedule.status_by_query": Operation(
        summary="A task's status, by query.",
        answers={200: TaskStatus},
        parameters=(
            Parameter(name="taskId", kind="string", meaning="The task.", is_required=True),
            WAIT,
        ),
        problems=(404, 422, 503),
    ),
    "schedule.results": Operation(
        summary="A task's results in item order, a line each, also while it runs. A stream that cannot go "
        "on ends with a line that has the one member `problem`.",
        answers={200: ResultLine},
        media_type=NDJSON,
        parameters=(
            Parameter(
                name="outcome", kind="string", meaning=f"Of {', '.join(Outcome)}; several with commas."
            ),
            Parameter(name="start", kind="integer", meaning="The first index."),
            Parameter(name="limit", kind="integer", meaning="The most lines."),
            Parameter(name="gapless", kind="boolean", meaning="End before the first item without a result."),
            Parameter(
                name="brief",
                kind="boolean",
                meaning="Of items that succeeded tell index, outcome, outputs and value alone.",
            ),
        ),
        problems=(404, 422, 503),
    ),
    "schedule.cancel": Operation(
        summary="Stop a task.",
        answers={200: TaskStatus},
        body=RUN_BODY,
        body_types=(JSON,),
        problems=CONTROL_PROBLEMS,
    ),
    "schedule.retry": Operation(
        summary="Run again what failed, was lost, cancelled or never published.",
        answers={202: TaskStatus},
        body=RUN_BODY,
        body_types=(JSON,),
        problems=CONTROL_PROBLEMS,
    ),
    "schedule.page": Operation(
        summary="The tasks, newest first.",
        answers={200: TaskPage},
        parameters=(
            Parameter(name="limit", kind="integer", meaning="The most tasks of this page."),
            Parameter(name="after", kind="string", meaning="`next` of the page before."),
        ),
        problems=(422, 503),
    ),
    "nodes.nodes": Operation(summary="The workers that are alive.", answers={200: NodeList}, problems=(503,)),
    "nodes.node_beat": Operation(
        summary="Say that a node lives. It is listed for 30 seconds and never given work.",
        answers={200: NodeBeat},
        parameters=(Parameter(name="nodeId", kind="string", meaning="The node.", is_required=True),),
        problems=(422, 503),
    ),
    "health.live": Operation(summary="Whether this process lives.", answers={200: Health}),
    "health.ready": Operation(
        summary="Whether this process can serve: Kafka and Redis by name.", answers={200: Health, 503: Health}
    ),
    "metrics.metrics": Operation(
        summary="Metrics for Prometheus.",
        answers={200: None},
        media_type="text/plain",
    ),
    "openapi.document": Operation(summary="This description.", answers={200: None}),
}
