"""Logs of the service and of libraries, in one form."""

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog

from app.support.logs import LogFormat, LogLevel, bound, configure_logs, get_logger


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def configured(
    *, level: LogLevel = "info", form: LogFormat = "json", process: str | None = None
) -> io.StringIO:
    stream = io.StringIO()
    configure_logs(level=level, form=form, stream=stream, process=process)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_a_line_with_its_name_level_time_and_ids() -> None:
    stream = configured(process="worker-1")

    with bound(task_id="t", shard_id="s"):
        get_logger("worker.shards").info("shard_claimed", items=3)

    (line,) = lines(stream)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "shard_claimed",
        "level": "info",
        "logger": "worker.shards",
        "process": "worker-1",
        "task_id": "t",
        "shard_id": "s",
        "items": 3,
    }


def test_ids_hold_inside_their_block_only() -> None:
    stream = configured()

    with bound(task_id="t"):
        pass
    get_logger("m").info("after")

    assert "task_id" not in lines(stream)[0]


def test_what_libraries_log_carries_the_same_ids() -> None:
    stream = configured()

    with bound(task_id="t"):
        logging.getLogger("library").warning("lost %s", "it", extra={"node": 1})

    (line,) = lines(stream)
    assert (line["event"], line["level"], line["task_id"], line["node"]) == ("lost it", "warning", "t", 1)


def test_events_below_the_level_are_left_out() -> None:
    stream = configured(level="warning")

    get_logger("m").info("no")
    logging.getLogger("library").info("no")
    get_logger("m").warning("yes")

    assert [line["event"] for line in lines(stream)] == ["yes"]


def test_a_traceback_does_not_tell_the_values_of_variables() -> None:
    stream = configured()
    secret = "".join(["s3", "cret"])

    try:
        int(f"{len(secret)}x")
    except ValueError:
        get_logger("m").exception("failed")

    (line,) = lines(stream)
    assert "ValueError: invalid literal" in str(line["exception"])
    assert "s3cret" not in stream.getvalue()


def test_warnings_are_logged() -> None:
    stream = configured()

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    assert "DeprecationWarning: old" in str(lines(stream)[0]["event"])


def test_a_second_configuration_replaces_the_first() -> None:
    first = configured()
    second = configured()

    get_logger("m").info("once")

    assert first.getvalue() == ""
    assert len(lines(second)) == 1


@pytest.mark.parametrize(
    ("form", "stream", "is_json"),
    [
        ("auto", io.StringIO(), True),
        ("auto", Terminal(), False),
        ("json", Terminal(), True),
        ("console", io.StringIO(), False),
    ],
)
def test_auto_is_for_people_on_a_terminal(form: LogFormat, stream: io.StringIO, is_json: bool) -> None:  # noqa: FBT001
    configure_logs(level="info", form=form, stream=stream)

    get_logger("m").info("seen")

    assert stream.getvalue().startswith("{") is is_json
    assert "seen" in stream.getvalue()
