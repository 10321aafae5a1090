"""Logs: named events with their ids, as JSON lines or for people, libraries' own logs included."""

import logging
import sys
from contextlib import AbstractContextManager
from typing import Literal, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

LogFormat = Literal["console", "json", "auto"]
LogLevel = Literal["debug", "info", "warning", "error"]


def configure_logs(
    *, level: LogLevel, form: LogFormat, stream: TextIO | None = None, process: str | None = None
) -> None:
    """Sends every event of this process at `level` or above to `stream`, stderr if None.

    `form` auto is console on a terminal, else json. `process` is put on every line.
    """
    target = sys.stderr if stream is None else stream
    for_people = form == "console" or (form == "auto" and target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(for_people=for_people, colours=target.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    if process is not None:
        structlog.contextvars.bind_contextvars(process=process)


def get_logger(name: str) -> FilteringBoundLogger:
    """The log of a module: `log.info("shard_claimed", shard_id=...)`. May be taken at import."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger


def bound(**ids: str | int) -> AbstractContextManager[None]:
    """Puts these ids on every event inside the block, whoever logs it."""
    return structlog.contextvars.bound_contextvars(**ids)


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _rendering(*, for_people: bool, colours: bool) -> list[Processor]:
    # Tracebacks without the values of variables: those may be a user's data or a password.
    if for_people:
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
