"""Cancel and retry: asked for by run, done once however often they are asked for."""

from app.errors import IllegalMove, StoreUnavailable
from app.models.ledger import Ledger
from app.protocol.control import RETRIABLE, Action, has_to_retry
from app.repositories.operations import Operations
from app.repositories.ports import Store
from app.services.finding import known_task
from app.services.publishing import TaskPublisher

MOST_TRIES = 20


class Controls:
    """Changes what becomes of a task. Every method may raise StoreUnavailable, and may then be repeated."""

    def __init__(self, *, store: Store, operations: Operations, publisher: TaskPublisher) -> None:
        self._store = store
        self._operations = operations
        self._publisher = publisher

    def cancel(self, task_id: str, *, run: int | None = None) -> None:
        """Nothing where it was cancelled before. Raises TaskNotFound, IllegalMove."""
        for _ in range(MOST_TRIES):
            ledger = known_task(self._store, task_id).ledger
            _check_run(ledger, run=run)
            if ledger.ending is not None:
                return
            if ledger.state.is_terminal:
                raise IllegalMove(f"the task is {ledger.state} already: there is nothing to cancel")
            if self._do(ledger, Action.CANCEL):
                return
        raise _restless(task_id)

    def retry(self, task_id: str, *, run: int | None = None) -> None:
        """Nothing where this run was retried before. Raises TaskNotFound, IllegalMove."""
        for _ in range(MOST_TRIES):
            ledger = known_task(self._store, task_id).ledger
            if run is not None and ledger.run == run + 1:
                return
            _check_run(ledger, run=run)
            _check_retriable(ledger)
            if self._do(ledger, Action.RETRY):
                self._publisher.publish(ledger.task_id, run=known_task(self._store, task_id).ledger.run)
                return
        raise _restless(task_id)

    def _do(self, ledger: Ledger, action: Action) -> bool:
        return self._operations.control(ledger.task_id, action, run=ledger.run, version=ledger.control)


def _check_run(ledger: Ledger, *, run: int | None) -> None:
    if run is not None and run != ledger.run:
        raise IllegalMove(
            f"run {run} is not the current one, {ledger.run} is",
            pointer="#/run",
            hint="read the task's status again",
        )


def _check_retriable(ledger: Ledger) -> None:
    if ledger.state in RETRIABLE and has_to_retry(ledger):
        return
    if ledger.state.is_terminal:
        raise IllegalMove("every item of the task succeeded: there is nothing to run again")
    raise IllegalMove(
        f"the task is {ledger.state}, not over yet", hint="wait for its end, or cancel it first"
    )


def _restless(task_id: str) -> StoreUnavailable:
    return StoreUnavailable(f"task {task_id} changes too fast", hint="try again")
