"""`fanfold down`: stop the system that `fanfold up` started."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".fanfold"),
    show_default=True,
    help="The folder of the system.",
)
def down(*, data_dir: Path) -> None:
    """Stop a system that `up` started, and wait until all its processes are gone.

    \b
    fanfold down
    fanfold down --data-dir /var/lib/fanfold

    Workers finish what they run first. The state stays for the next `up`; delete the folder to forget it.
    """
    from fanfold.embedded.state import StateFolder
    from fanfold.embedded.stopping import stop_system
    from fanfold.terminal.embedded_failure import failing_in_one_line

    with failing_in_one_line():
        stop_system(StateFolder(root=data_dir.resolve()))
    click.echo("stopped", err=True)
