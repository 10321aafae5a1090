"""The runner for a function: by its language, or as the program its first line names."""

from app.models.task import Language
from worker.runners.environment import slot_environment
from worker.runners.ports import Function, Runner, SlotContext
from worker.runners.shell import BashDialect, ShDialect
from worker.runners.slot_runner import SlotRunner


def make_runner(function: Function, *, context: SlotContext) -> Runner:
    """A runner of one function for one slot; its process starts with the first item."""
    environment = slot_environment(function, context=context)
    source = function.source.encode(errors="surrogatepass")
    dialect = (BashDialect if function.language is Language.BASH else ShDialect)(
        source, environment=environment, work_dir=context.work_dir
    )
    return SlotRunner(dialect, function=function, context=context)
