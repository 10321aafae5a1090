"""The runner for a function: by its language, or as the program its first line names."""

from app.models.task import Language
from worker.runners.dialect import Dialect
from worker.runners.environment import WORKER_ID, slot_environment
from worker.runners.ports import Function, Runner, SlotContext
from worker.runners.program import SHEBANG, ProgramDialect
from worker.runners.python import PythonDialect
from worker.runners.shell import BashDialect, ShDialect
from worker.runners.slot_runner import SlotRunner
from worker.runners.spare import Spares


def make_runner(function: Function, *, context: SlotContext, spares: Spares | None = None) -> Runner:
    """A runner of one function for one slot; its process is a spare one, or starts with the first item."""
    seat = None if spares is None else spares.take(_slot_language(function))
    return SlotRunner(_dialect(function, context=context), function=function, context=context, seat=seat)


def make_spares(count: int, *, context: SlotContext) -> Spares:
    """So many slot processes for any slot of the worker; to be started and closed by the caller."""
    return Spares(
        count,
        launcher=context.launcher,
        cap_bytes=context.output_cap_bytes,
        blank=lambda language: _blank(language, context=context),
    )


def _blank(language: Language, *, context: SlotContext) -> Dialect | None:
    """How to start a slot process that is told its function later; python reads it as it starts."""
    if language is Language.PYTHON:
        return None
    kind = BashDialect if language is Language.BASH else ShDialect
    environment = {**context.environment, WORKER_ID: context.worker_id}
    return kind(b"", environment=environment, work_dir=context.work_dir)


def _slot_language(function: Function) -> Language:
    """What its slot process is written in: that of a program is sh."""
    is_program = function.language is not Language.PYTHON and function.source.startswith(SHEBANG)
    return Language.SH if is_program else function.language


def _dialect(function: Function, *, context: SlotContext) -> Dialect:
    environment = slot_environment(function, context=context)
    source = function.source.encode(errors="surrogatepass")
    if function.language is Language.PYTHON:
        return PythonDialect(
            source,
            environment=environment,
            work_dir=context.work_dir,
            value_cap_bytes=context.output_cap_bytes,
            worker=context.worker_id,
        )
    if function.source.startswith(SHEBANG):
        return ProgramDialect(source, environment=environment, work_dir=context.work_dir)
    kind = BashDialect if function.language is Language.BASH else ShDialect
    return kind(source, environment=environment, work_dir=context.work_dir)
