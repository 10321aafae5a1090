"""`fanfold up`: the whole system on this machine, until Ctrl-C or `fanfold down`."""

from pathlib import Path

import click

from fanfold.terminal.system_command import place_options, reporting, system_options


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
@place_options(port_help="Port of the first scheduler on 127.0.0.1; the others listen on the ones after it.")
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
    from fanfold.embedded.system import run_system

    options = system_options(
        data_dir=data_dir,
        port=port,
        workers=workers,
        slots=slots,
        schedulers=schedulers,
        restarts=not no_restart,
    )
    with reporting(pipe=report_to) as reporter:
        if detach:
            reporter.ready(start_detached(options.arguments, state=options.state, say=reporter.say))
        else:
            run_system(options, say=reporter.say, tell_ready=reporter.ready)
