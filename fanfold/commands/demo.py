"""`fanfold demo`: bring the whole system up, run the first example in it, and leave nothing running."""

import os
import signal
import sys
from pathlib import Path

import click

from fanfold.addresses import DEFAULT_URL
from fanfold.exits import Exit
from fanfold.terminal.api_command import address_options
from fanfold.terminal.system_command import place_options, reporting, system_options

EXAMPLE = Path(__file__).parents[2] / "examples" / "checksums" / "run.sh"


@click.command()
@place_options(port_help="Port of the scheduler on 127.0.0.1.")
@click.pass_context
def demo(ctx: click.Context, *, port: int, data_dir: Path) -> None:
    """Show on this machine what Fanfold does: checksums of Python's standard library.

    Starts Kafka, Redis, a scheduler and two workers, runs examples/checksums and prints what it says. On a
    terminal the system then stays up until Ctrl-C; otherwise it stops. Exits with the example's status,
    or with 130 when it was stopped before the example had ended.
    """
    from fanfold.embedded.guest import Guest
    from fanfold.embedded.system import run_system

    if not EXAMPLE.is_file():
        raise click.ClickException(
            f"the examples are not here: {EXAMPLE.parent} is missing; run it from a clone"
        )
    options = system_options(data_dir=data_dir, port=port, workers=2)
    ending = _Ending(options.url, stays=sys.stdin.isatty() and sys.stdout.isatty())
    example = Guest([str(EXAMPLE)], environment=_environment(options.url), told=ending.example_ended)
    try:
        with reporting() as reporter:

            def ready(url: str) -> None:
                reporter.ready(url)
                example.begin()

            run_system(options, say=reporter.say, tell_ready=ready)
    finally:
        example.end()
    ctx.exit(ending.status)


class _Ending:
    """What the example's end means for the command: its exit status, and whether the system stays up."""

    def __init__(self, url: str, *, stays: bool) -> None:
        self.status: int = Exit.INTERRUPTED
        self._url = url
        self._stays = stays

    def example_ended(self, status: int) -> None:
        """Say how to go on, or stop the system as Ctrl-C does."""
        self.status = status
        if self._stays:
            elsewhere = () if self._url == DEFAULT_URL else (self._url,)
            click.echo(f"The system stays up at {self._url} until Ctrl-C. In another terminal:")
            click.echo(f"  .venv/bin/fanfold run{address_options(elsewhere)} 'echo \"hello $1\"' a b c")
        else:
            os.kill(os.getpid(), signal.SIGTERM)


def _environment(url: str) -> dict[str, str]:
    ours = Path(sys.executable).parent
    return {
        **os.environ,
        "FANFOLD_URL": url,
        "FANFOLD": str(ours / "fanfold"),
        "PATH": f"{ours}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
