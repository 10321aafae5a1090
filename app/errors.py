"""The one error tree of the service: a class says its code, HTTP status and whether to try again."""

from typing import ClassVar


class FanfoldError(Exception):
    """Something that a caller can act on. `pointer` is a JSON pointer to the field at fault."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, pointer: str | None = None, hint: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer
        self.hint = hint


class TemplateError(FanfoldError):
    """The template cannot become a function: mend the template or its variables and submit again."""

    code = "template-invalid"
    status = 422
    title = "The template cannot be used"


class InvalidField(FanfoldError):
    """A field of the request has a value that cannot be used."""

    code = "field-invalid"
    status = 422
    title = "A field has a value that cannot be used"


class MalformedBody(FanfoldError):
    """The body is not the JSON it should be."""

    code = "body-malformed"
    status = 400
    title = "The body cannot be read"


class TaskNotFound(FanfoldError):
    """No task has this id: it never existed, or its retention has passed."""

    code = "task-not-found"
    status = 404
    title = "No such task"


class TaskConflict(FanfoldError):
    """A task of this id exists with another body: choose a new id, or send the same body."""

    code = "task-id-in-use"
    status = 422
    title = "The task id is in use"


class IllegalMove(FanfoldError):
    """The task's state does not allow this."""

    code = "illegal-state"
    status = 409
    title = "The task's state does not allow this"


class StoreUnavailable(FanfoldError):
    """Redis did not answer, or refused to write: try again later."""

    code = "store-unavailable"
    status = 503
    retryable = True
    title = "The store is not available"


class CorruptState(FanfoldError):
    """What the store holds under a key cannot be what this service wrote: look at the key that is named."""

    code = "corrupt-state"
    status = 500
    title = "The stored state is corrupt"


class BusUnavailable(FanfoldError):
    """Kafka did not acknowledge in time: try again later."""

    code = "bus-unavailable"
    status = 503
    retryable = True
    title = "The message bus is not available"


class BusBroken(BusUnavailable):
    """The Kafka client can do nothing more: end the process, its supervisor starts it again."""

    code = "bus-broken"
    retryable = False
    title = "The message bus client is broken"


class RecordTooLarge(FanfoldError):
    """A record is larger than Kafka takes: raise the limit of the topic, or send less."""

    code = "record-too-large"
    status = 413
    title = "The record is too large"


class SettingsError(FanfoldError):
    """The configuration cannot be used; the process ends with exit status 78."""

    code = "configuration"
    title = "The configuration cannot be used"
