"""Failures of the embedded system as a user sees them: one line, and an exit status."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from fanfold.embedded.errors import EmbeddedError, explain


@contextmanager
def failing_in_one_line(*, told: Callable[[EmbeddedError], None] = lambda _error: None) -> Iterator[None]:
    """Turn what goes wrong inside into one line on stderr and the end of the command; `told` hears of it."""
    try:
        yield
    except EmbeddedError as error:
        failure = error
    except OSError as error:
        failure = EmbeddedError(explain(error))
    else:
        return
    told(failure)
    click.echo(f"fanfold: error: {failure}", err=True)
    raise click.exceptions.Exit(failure.exit_status)
