"""Everything that can go wrong for a client, as one tree: the class says what to do about it."""

from collections.abc import Sequence


class FanfoldError(Exception):
    """Something a caller can act on. `code` is stable and meant for programs, `hint` says the remedy."""

    code = "error"

    def __init__(self, detail: str, *, hint: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint


class BadAddress(FanfoldError):
    """A server address is not an http or https URL."""

    code = "bad-address"


class ServerUnreachable(FanfoldError):
    """None of the servers answered, or the connection broke again and again: is the service up?"""

    code = "server-unreachable"


class StreamBroken(FanfoldError):
    """An answer stopped before its end; what came of it is good, and the client goes on after it."""

    code = "stream-broken"


class UnreadableAnswer(FanfoldError):
    """The server answered something that is no answer of Fanfold: is the address right?"""

    code = "unreadable-answer"


class WaitTimedOut(FanfoldError):
    """The task had not ended when the time given for waiting was over. The task goes on."""

    code = "wait-timed-out"


class Problem(FanfoldError):
    """The server refused a request, with a reason (RFC 9457). `status` is the HTTP status.

    `pointer` names the field of the request at fault, as a JSON pointer; `faults` are further lines
    when there is more than one.
    """

    code = "problem"

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        code: str | None = None,
        hint: str | None = None,
        pointer: str | None = None,
        faults: Sequence[str] = (),
    ) -> None:
        super().__init__(detail, hint=hint)
        self.status = status
        self.code = code or type(self).code
        self.pointer = pointer
        self.faults = tuple(faults)


class RequestRefused(Problem):
    """The request cannot be served as it is: mend it and send it again."""

    code = "request-refused"


class TaskNotFound(Problem):
    """No task has this id: it never existed, or its retention has passed."""

    code = "task-not-found"


class TaskIdInUse(Problem):
    """A task of this id exists with another body: choose a new id, or send the same body."""

    code = "task-id-in-use"


class IllegalState(Problem):
    """The task's state does not allow this."""

    code = "illegal-state"


class TryAgain(Problem):
    """The service cannot do this now. `retry_after_seconds` is how long it asks to wait, if it says."""

    code = "try-again"
    retry_after_seconds: float | None = None


class ServerFault(Problem):
    """The server failed to serve a proper request."""

    code = "server-fault"


class BadItem(FanfoldError):
    """An item or a variable is no text that can be sent: items are strings or numbers, in UTF-8."""

    code = "bad-item"
