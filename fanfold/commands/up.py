"""`fanfold up`: the whole system on this machine, until Ctrl-C or `fanfold down`."""

import sys
from pathlib import Path

import click


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Worker processes.")
@click.option(
    "--slots",
    type=click.IntRange(1, 256),
    help="Slots of each worker.  [default: cores / workers, at least 1]",
)
@click.option(
    "--schedulers", type=click.IntRange(1, 16), default=1, show_default=True, help="Scheduler processes."
)
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=30_000,
    show_default=True,
    help="Port of the first scheduler on 127.0.0.1; the others listen on the ones after it.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".fanfold"),
    show_default=True,
    help="Where all state, logs and pid files lie.",
)
@click.option("--detach", is_flag=True, help="Return when the system is ready, and leave it running.")
@click.option("--no-restart", is_flag=True, help="Do not start again what ends.")
@click.option("--report-to", type=int, hidden=True)
def up(
    *,
    workers: int,
    slots: int | None,
    schedulers: int,
    port: int,
    data_dir: Path,
    detach: bool,
    no_restart: bool,
    report_to: int | None,
) -> None:
    """Start a whole system on this machine: Kafka, Redis, schedulers and workers.

    \b
    fanfold up
    fanfold up --workers 4 --detach && fanfold nodes && fanfold down

    Prints `ready URL` when it takes tasks. What ends is started again. Ctrl-C stops everything, workers
    first; a second Ctrl-C does not wait for what they run. The state stays for the next time.
    """
    from fanfold.embedded.detached import start_detached
    from fanfold.embedded.joining import cores
    from fanfold.embedded.reporting import Reporter
    from fanfold.embedded.state import StateFolder
    from fanfold.embedded.system import Options, run_system
    from fanfold.terminal.embedded_failure import failing_in_one_line

    options = Options(
        state=StateFolder(root=data_dir.resolve()),
        work_dir=Path.cwd(),
        port=port,
        schedulers=schedulers,
        workers=workers,
        slots=slots or max(1, cores() // workers),
        restarts=not no_restart,
    )
    reporter = Reporter(out=sys.stdout, err=sys.stderr, pipe=report_to)
    with failing_in_one_line(told=reporter.failed):
        if detach:
            reporter.ready(start_detached(options.arguments, state=options.state, say=reporter.say))
        else:
            run_system(options, say=reporter.say, tell_ready=reporter.ready)
