"""A MasterTask: what a client asked for, and the states it goes through."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Language(StrEnum):
    """What a rendered function is written in."""

    BASH = "bash"
    SH = "sh"
    PYTHON = "python"


class TaskState(StrEnum):
    """Where a task is in its life; `LEGAL_MOVES` says what may follow what."""

    QUEUED = "QUEUED"
    SUBMITTED = "SUBMITTED"
    RETRYING = "RETRYING"
    SUBMISSION_FAILED = "SUBMISSION_FAILED"
    INPROGRESS = "INPROGRESS"
    CANCELLING = "CANCELLING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL_STATES


TERMINAL_STATES = frozenset({TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED})

_S = TaskState
LEGAL_MOVES: Mapping[TaskState, frozenset[TaskState]] = {
    _S.QUEUED: frozenset({_S.SUBMITTED, _S.RETRYING, _S.SUBMISSION_FAILED, _S.CANCELLED}),
    _S.SUBMITTED: frozenset({_S.INPROGRESS, _S.CANCELLED, _S.FAILED}),
    _S.RETRYING: frozenset({_S.SUBMITTED, _S.SUBMISSION_FAILED, _S.CANCELLED}),
    _S.SUBMISSION_FAILED: frozenset({_S.SUBMITTED, _S.QUEUED, _S.CANCELLED}),
    _S.INPROGRESS: frozenset({_S.COMPLETED, _S.FAILED, _S.CANCELLING, _S.CANCELLED}),
    _S.CANCELLING: frozenset({_S.CANCELLED}),
    _S.COMPLETED: frozenset(),
    _S.FAILED: frozenset({_S.QUEUED}),
    _S.CANCELLED: frozenset({_S.QUEUED}),
}


class TaskSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client asked for; never changes after submit.

    `variables` are what `{{name}}` stands for. `items_total` items lie in the upload named `upload`,
    or are made by the rule that the name says (`ItemRange`).
    `fingerprint` is the SHA-256 of the canonical body: same id and same fingerprint, same task.
    `warnings` are what its author was told at submit.
    Times are seconds since the epoch by the store's clock.
    """

    task_id: str
    template: str
    items_total: int
    upload: str
    fingerprint: str
    created_at: float
    language: Language = Language.BASH
    variables: dict[str, str | int | float | bool] = msgspec.field(default_factory=dict)
    name: str | None = None
    priority: int = 0
    timeout_seconds: float | None = None
    idempotent: bool = False
    max_deaths: int = 3
    warnings: tuple[str, ...] = ()
