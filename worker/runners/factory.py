"""The runner for a function: by its language, or as the program its first line names."""

from app.models.task import Language
from worker.runners.dialect import Dialect
from worker.runners.environment import slot_environment
from worker.runners.ports import Function, Runner, SlotContext
from worker.runners.program import SHEBANG, ProgramDialect
from worker.runners.python import PythonDialect
from worker.runners.shell import BashDialect, ShDialect
from worker.runners.slot_runner import SlotRunner


def make_runner(function: Function, *, context: SlotContext) -> Runner:
    """A runner of one function for one slot; its process starts with the first item."""
    return SlotRunner(_dialect(function, context=context), function=function, context=context)


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
