"""`fanfold worker`: one more worker for a running embedded system."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".fanfold"),
    show_default=True,
    help="The folder of the system to join.",
)
@click.option(
    "--slots",
    type=click.IntRange(1, 256),
    help="How many items it runs at once.  [default: half the cores, at least 1]",
)
def worker(*, data_dir: Path, slots: int | None) -> None:
    """Join a running system with one more worker, until Ctrl-C.

    \b
    fanfold worker --data-dir ~/project/.fanfold --slots 4

    Its items start in the current folder. Ctrl-C or SIGTERM lets them finish; what has not begun goes to
    other workers.
    """
    from fanfold.embedded.joining import become_worker, cores
    from fanfold.embedded.state import StateFolder
    from fanfold.terminal.embedded_failure import failing_in_one_line

    with failing_in_one_line():
        become_worker(StateFolder(root=data_dir.resolve()), slots=slots or max(1, cores() // 2))
