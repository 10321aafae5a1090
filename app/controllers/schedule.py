"""Tasks over HTTP: create, follow, stop, run again."""

from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus

import msgspec
from flask import Blueprint, Response, request, stream_with_context

from app.controllers import queries
from app.controllers.answers import NDJSON, BrokenOff, as_json, as_pieces
from app.controllers.bodies import UnsupportedType, media_type, whole
from app.controllers.problems import problem_of, unexpected_problem
from app.controllers.requests import JSON, asked_task, json_object
from app.controllers.services import Services
from app.errors import FanfoldError, InvalidField, StoreUnavailable
from app.models.status import Line, ResultLine, TaskStatus
from app.services.result_stream import steady_batches
from app.services.results import Selection
from app.services.submission import Receipt
from app.services.waiting import TooManyHeld

RESULTS_SHOWN = 100
SHORT_SECONDS = 0.1
"""What ends within this needs no record on Kafka; a hint that was not heard is made good after it."""
MOST_CONTROL_BYTES = 64 << 10


def schedule_routes(services: Services) -> Blueprint:
    """The routes of tasks. Every one may be repeated without harm."""
    routes = Blueprint("schedule", __name__)

    @routes.get("/schedule/ping")
    def ping() -> Response:
        return Response('{"status":"UP"}', content_type="application/json")

    @routes.post("/schedule/create")
    @routes.post("/schedule")
    def create() -> Response:
        wait = queries.wait_seconds(request)
        asked = asked_task(request, limits=services.limits)
        receipt = services.submission.submit(asked.task, asked.items, is_awaited=bool(wait))
        ended = None
        try:
            if wait is not None:
                ended = _ended(services, receipt, seconds=wait)
        finally:
            services.submission.over(receipt, is_known=ended is not None)
        response = as_json(ended) if ended is not None else _accepted(services, receipt, waited=bool(wait))
        response.headers["Location"] = f"/schedule/{receipt.task_id}"
        return response

    @routes.get("/schedule/<task:task_id>")
    def status(task_id: str) -> Response:
        return _status(services, task_id)

    @routes.get("/schedule/status")
    def status_by_query() -> Response:
        return _status(services, queries.task_id(request))

    @routes.get("/schedule/<task:task_id>/results")
    def results(task_id: str) -> Response:
        return _results(services, task_id, queries.selection(request))

    @routes.post("/schedule/<task:task_id>/cancel")
    def cancel(task_id: str) -> Response:
        services.controls.cancel(task_id, run=_run_asked())
        return as_json(services.progress.status(task_id))

    @routes.post("/schedule/<task:task_id>/retry")
    def retry(task_id: str) -> Response:
        services.controls.retry(task_id, run=_run_asked())
        return as_json(services.progress.status(task_id), status=HTTPStatus.ACCEPTED)

    @routes.get("/schedule")
    def page() -> Response:
        limit, after = queries.page_limit(request), queries.cursor(request)
        return as_json(services.progress.page(limit=limit, after=after))

    return routes


def _status(services: Services, task_id: str) -> Response:
    wait = queries.wait_seconds(request)
    if wait:
        services.waiting.until_over(task_id, seconds=wait)
    return as_json(services.progress.status(task_id))


def _accepted(services: Services, receipt: Receipt, *, waited: bool) -> Response:
    """A task that was stored a moment ago is as it was stored."""
    progress = services.progress
    is_read = waited or not receipt.is_new
    status = progress.status(receipt.task_id) if is_read else progress.status_of_new(receipt.spec)
    return as_json(status, status=HTTPStatus.ACCEPTED)


def _ended(services: Services, receipt: Receipt, *, seconds: float) -> TaskStatus | None:
    """The task with its first results once it is over; None where it is not, or where there is no waiting.

    The task is stored: what hinders the wait must not look as if it were not.
    """
    try:
        if not _is_over(services, receipt, seconds=seconds):
            return None
        status, lines = _whole(services, receipt) if receipt.begun else _first(services, receipt)
        return msgspec.structs.replace(status, results=tuple(lines))
    except (TooManyHeld, StoreUnavailable):
        return None


def _first(services: Services, receipt: Receipt) -> tuple[TaskStatus, Iterator[ResultLine]]:
    look = services.progress.look(receipt.task_id)
    return services.progress.status_of(look), services.results.lines_of(look, Selection(limit=RESULTS_SHOWN))


def _whole(services: Services, receipt: Receipt) -> tuple[TaskStatus, Iterator[ResultLine]]:
    """All of it at once: what begins with its submit is small."""
    whole = services.progress.whole(receipt.task_id)
    lines = services.results.lines_of_whole(whole, Selection(limit=RESULTS_SHOWN))
    return services.progress.status_of(whole.look), lines


def _is_over(services: Services, receipt: Receipt, *, seconds: float) -> bool:
    """Whether it is, after so long at most. Kafka is told of what had begun with the submit and goes on."""
    waiting = services.waiting
    if not receipt.is_new:
        return waiting.until_over(receipt.task_id, seconds=seconds)
    if not receipt.begun:
        return waiting.until_new_is_over(receipt.task_id, seconds=seconds)
    is_over = False
    try:
        is_over = waiting.until_new_is_over(receipt.task_id, seconds=min(seconds, SHORT_SECONDS))
    finally:
        if not is_over:
            services.submission.publish(receipt)
    return is_over or waiting.until_new_is_over(receipt.task_id, seconds=max(0.0, seconds - SHORT_SECONDS))


def _results(services: Services, task_id: str, selection: Selection) -> Response:
    give_back = services.streams.take()
    try:
        batches = steady_batches(services.results, task_id, selection, clock=services.clock)
        # The first are read here, so that what is wrong then is still answered as a problem.
        first = next(batches, None)
    except BaseException:
        give_back()
        raise
    response = Response(stream_with_context(as_pieces(_streamed(first, batches))), content_type=NDJSON)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(give_back)
    return response


def _streamed(
    first: Sequence[Line] | None, others: Iterable[Sequence[Line]]
) -> Iterator[Sequence[Line | BrokenOff]]:
    if first is None:
        return
    yield first
    try:
        yield from others
    except FanfoldError as error:
        yield [BrokenOff(problem=problem_of(error))]
    except Exception as error:  # noqa: BLE001 - the server would end the stream as if it were complete
        yield [BrokenOff(problem=unexpected_problem(error))]


def _run_asked() -> int | None:
    """The run that an optional body names."""
    body = whole(request, most_bytes=MOST_CONTROL_BYTES)
    if not body.strip():
        return None
    if media_type(request) != JSON:
        raise UnsupportedType("the body is not JSON", hint=f'send {JSON} such as {{"run": 1}}, or no body')
    fields = json_object(body)
    for name in fields:
        if name != "run":
            raise InvalidField(
                f"there is no field {name[:100]!r}", pointer=f"#/{name[:100]}", hint="did you mean run?"
            )
    run = fields.get("run")
    if run is not None and (not isinstance(run, int) or isinstance(run, bool)):
        raise InvalidField("run is not a whole number", pointer="#/run")
    return run
