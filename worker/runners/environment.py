"""What an item sees of the worker's environment."""

from collections.abc import Iterable, Mapping

from worker.runners.ports import Function, SlotContext

TASK_ID = "FANFOLD_TASK_ID"
WORKER_ID = "FANFOLD_WORKER_ID"
SLOT = "FANFOLD_SLOT"

_ALWAYS_PASSED = ("PATH", "HOME", "LANG", "TZ")


def item_environment(environment: Mapping[str, str], *, passed: Iterable[str] = ()) -> dict[str, str]:
    """PATH, HOME, LANG, TZ and what `passed` names, as far as the worker has them."""
    return {name: environment[name] for name in (*_ALWAYS_PASSED, *passed) if name in environment}


def slot_environment(function: Function, *, context: SlotContext) -> dict[str, str]:
    """What is the same for all items of one function in one slot."""
    return {
        **context.environment,
        TASK_ID: function.task_id,
        WORKER_ID: context.worker_id,
        SLOT: str(context.slot),
    }
