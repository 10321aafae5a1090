"""The command line: one table of commands, each loaded when it is used."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import NoReturn

import click

from fanfold.exits import Exit

SECTIONS = {
    "Tasks": {
        "run": "Run a function over items and print what they write.",
        "submit": "Submit a task and print its id.",
        "status": "Show where a task is, or wait for its end.",
        "results": "Print the results of a task.",
        "cancel": "Stop a task.",
        "retry": "Run a task's failed items again.",
        "tasks": "List tasks, the newest first.",
    },
    "Machines": {
        "nodes": "List the workers that are alive.",
        "up": "Start a whole system on this machine.",
        "down": "Stop the system that `up` started.",
        "worker": "Join a running system with one more worker.",
        "demo": "Show on this machine what Fanfold does.",
    },
}
_HELP = {name: text for section in SECTIONS.values() for name, text in section.items()}


class Commands(click.Group):
    """The commands of the table whose modules are installed."""

    def invoke(self, ctx: click.Context) -> object:
        """Do the command that was asked for; end quietly when nobody reads its output any more."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            ctx.exit(_unread())

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the table's order."""
        del ctx
        return [name for name in _HELP if find_spec(_module(name)) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, loaded now."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = getattr(import_module(_module(cmd_name)), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{_module(cmd_name)}.{cmd_name} is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them by section, without loading any."""
        installed = self.list_commands(ctx)
        for section, commands in SECTIONS.items():
            rows = [(name, text) for name, text in commands.items() if name in installed]
            with formatter.section(section):
                formatter.write_dl(rows)


def _say_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001
    del param
    if value and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"fanfold {version('fanfold')}")
        except PackageNotFoundError:
            click.echo("fanfold (run from its sources, not installed)")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_say_version,
    help="Show the version.",
)
def cli() -> None:
    """Run one function over a long list of inputs on many machines.

    \b
    fanfold run 'sha256sum "$1"' *.txt
    find . -name '*.log' -print0 | fanfold run -0 'gzip -k "$1"'
    id=$(fanfold submit -a hosts.txt 'ping -c1 "$1"') && fanfold status --wait "$id"

    The service is found by --url or FANFOLD_URL, otherwise on this machine; `fanfold up` starts it there.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit status."""
    try:
        status = cli.main(arguments, prog_name="fanfold", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        status = Exit.INTERRUPTED
    except BrokenPipeError:
        status = _unread()
    sys.exit(status if isinstance(status, int) else 0)


def _module(command: str) -> str:
    return f"fanfold.commands.{command}"


def _unread() -> Exit:
    # What is still in a buffer would fail again when the interpreter ends, with a message.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.BROKEN_PIPE
