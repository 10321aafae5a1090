"""An error as its user sees it: one line with a hint, an exit status, and JSON for programs."""

import click

from fanfold.errors import BadAddress, FanfoldError, Problem, ServerUnreachable, TryAgain, WaitTimedOut
from fanfold.exits import Exit
from fanfold.terminal.wording import printable

_STATUSES: tuple[tuple[type[FanfoldError], Exit], ...] = (
    (ServerUnreachable, Exit.UNREACHABLE),
    (TryAgain, Exit.TRY_AGAIN),
    (BadAddress, Exit.CONFIGURATION),
    (WaitTimedOut, Exit.TIMED_OUT),
)


def tell(error: FanfoldError, *, as_json: bool) -> None:
    """Write the error's lines to stderr and, for programs, its JSON to stdout."""
    for line in error_lines(error):
        click.echo(line, err=True)
    if as_json:
        print_error(error)


def print_error(error: FanfoldError) -> None:
    """Write the error to stdout as JSON."""
    from fanfold.terminal.json_shapes import ErrorReport, error_detail, print_json

    print_json(ErrorReport(error=error_detail(error)))


def exit_status(error: FanfoldError) -> Exit:
    """What a command exits with that ended with this error."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), Exit.FAILED)


def error_lines(error: FanfoldError) -> list[str]:
    """What to tell about an error: what, where, and how to mend it."""
    place = f" ({error.pointer})" if isinstance(error, Problem) and error.pointer else ""
    lines = [f"fanfold: error: {printable(error.detail)}{place}"]
    if isinstance(error, Problem):
        lines += [f"  {printable(fault)}" for fault in error.faults if fault != error.detail]
    if error.hint:
        lines.append(f"  hint: {printable(error.hint)}")
    return lines
