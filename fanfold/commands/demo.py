"""`fanfold demo`: bring the whole system up, run the first example in it, and leave nothing running."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import click

EXAMPLE = Path(__file__).parents[2] / "examples" / "checksums" / "run.sh"


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=30_000,
    show_default=True,
    help="Port of the scheduler on 127.0.0.1.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".fanfold"),
    show_default=True,
    help="Where all state, logs and pid files lie.",
)
@click.pass_context
def demo(ctx: click.Context, *, port: int, data_dir: Path) -> None:
    """Show on this machine what Fanfold does: checksums of Python's standard library.

    Starts Kafka, Redis, a scheduler and two workers, runs examples/checksums and prints what it says. On a
    terminal the system then stays up until Ctrl-C; otherwise it stops. Exits with the example's status.
    """
    from fanfold.embedded.joining import cores
    from fanfold.embedded.reporting import Reporter
    from fanfold.embedded.state import StateFolder
    from fanfold.embedded.system import Options, run_system
    from fanfold.terminal.embedded_failure import failing_in_one_line

    if not EXAMPLE.is_file():
        raise click.ClickException(
            f"the examples are not here: {EXAMPLE.parent} is missing; run it from a clone"
        )
    options = Options(
        state=StateFolder(root=data_dir.resolve()),
        work_dir=Path.cwd(),
        port=port,
        schedulers=1,
        workers=2,
        slots=max(1, cores() // 2),
        restarts=True,
    )
    reporter = Reporter(out=sys.stdout, err=sys.stderr, pipe=None)
    stays = sys.stdin.isatty() and sys.stdout.isatty()
    run = _Run(options.url, stays=stays)

    def ready(url: str) -> None:
        reporter.ready(url)
        run.start()

    with failing_in_one_line(told=reporter.failed):
        run_system(options, say=reporter.say, tell_ready=ready)
    ctx.exit(run.status)


class _Run(Thread):
    """The example, beside the supervisor, which owns the main thread."""

    def __init__(self, url: str, *, stays: bool) -> None:
        super().__init__(name="example", daemon=True)
        self._url = url
        self._stays = stays
        self.status = 130

    def run(self) -> None:
        environment = {
            **os.environ,
            "FANFOLD_URL": self._url,
            "FANFOLD": str(Path(sys.executable).with_name("fanfold")),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }
        self.status = subprocess.run([EXAMPLE], env=environment, check=False).returncode
        if self._stays:
            click.echo(f"The system stays up at {self._url} until Ctrl-C. In another terminal:")
            click.echo("  .venv/bin/fanfold run 'echo \"hello $1\"' a b c")
        else:
            os.kill(os.getpid(), signal.SIGTERM)
