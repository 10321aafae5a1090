"""Finding a task by the id that a client wrote."""

from app.errors import TaskNotFound
from app.models.ledger import Ledger
from app.models.request import task_id_of
from app.models.task import TaskState
from app.repositories.ports import LedgerStore, Look, Stored, TaskReads, Whole


def known_task(store: LedgerStore, task_id: str) -> Stored:
    """The task of this id in any spelling. Raises TaskNotFound, StoreUnavailable."""
    normal = task_id_of(task_id)
    stored = store.load(normal) if normal is not None else None
    if stored is None:
        raise _not_found(task_id)
    return stored


def known_look(store: TaskReads, task_id: str) -> Look:
    """The same with all that its status is made of. Raises TaskNotFound, StoreUnavailable."""
    normal = task_id_of(task_id)
    look = store.look(normal) if normal is not None else None
    if look is None:
        raise _not_found(task_id)
    return look


def known_whole(store: TaskReads, task_id: str) -> Whole:
    """A task that was stored here a moment ago, with all it has. Raises TaskNotFound, StoreUnavailable."""
    whole = store.whole(task_id)
    if whole is None:
        raise _not_found(task_id)
    return whole


def is_over(ledger: Ledger) -> bool:
    """Whether nothing more happens to the task without a retry."""
    return ledger.state.is_terminal or ledger.state is TaskState.SUBMISSION_FAILED


def _not_found(task_id: str) -> TaskNotFound:
    return TaskNotFound(
        f"there is no task {task_id[:100]}",
        hint="a task id is a UUID; ended tasks are forgotten after fanfold.task.retention",
    )
