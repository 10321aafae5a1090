"""A command that brings up a whole system on this machine: where it lies and listens, and whom it tells."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from fanfold.embedded.reporting import Reporter
    from fanfold.embedded.system import Options

_P = ParamSpec("_P")
_T = TypeVar("_T")


def place_options(*, port_help: str) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Give a command `--port` and `--data-dir`; it passes what it gets on to `system_options`."""
    port = click.option(
        "--port", type=click.IntRange(1, 65_535), default=30_000, show_default=True, help=port_help
    )
    data_dir = click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path(".fanfold"),
        show_default=True,
        help="Where all state, logs and pid files lie.",
    )
    return lambda command: port(data_dir(command))


def system_options(
    *,
    data_dir: Path,
    port: int,
    workers: int,
    slots: int | None = None,
    schedulers: int = 1,
    restarts: bool = True,
) -> "Options":
    """A system whose items start in the current folder; without `slots` its workers share the cores."""
    from fanfold.embedded.joining import cores
    from fanfold.embedded.state import StateFolder
    from fanfold.embedded.system import Options

    return Options(
        state=StateFolder(root=data_dir.resolve()),
        work_dir=Path.cwd(),
        port=port,
        schedulers=schedulers,
        workers=workers,
        slots=slots or max(1, cores() // workers),
        restarts=restarts,
    )


@contextmanager
def reporting(*, pipe: int | None = None) -> Iterator["Reporter"]:
    """Tell this process's streams, and the `pipe` of a waiting caller, what is done inside and how it fails.

    A failure of the system is one line, and the end of the command.
    """
    from fanfold.embedded.reporting import Reporter
    from fanfold.terminal.embedded_failure import failing_in_one_line

    reporter = Reporter(out=sys.stdout, err=sys.stderr, pipe=pipe)
    with failing_in_one_line(told=reporter.failed):
        yield reporter
