"""A command that talks to the service: it has --url and --json, and its errors are one line."""

from typing import TYPE_CHECKING, ClassVar, NoReturn

import click

from fanfold.addresses import DEFAULT_URL, VARIABLE
from fanfold.errors import FanfoldError
from fanfold.exits import Exit
from fanfold.terminal.failure import exit_status, print_error, tell

if TYPE_CHECKING:
    from fanfold.client import Client

_PATIENCE_SECONDS = 3.0


_URL = click.Option(
    ["--url", "urls"],
    multiple=True,
    metavar="URL",
    help=f"A server; repeat it for several. [default: {VARIABLE}, else {DEFAULT_URL}]",
)
_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print JSON for programs.")


class ApiCommand(click.Command):
    """Gives its callback `urls` and `as_json`, and turns errors of the client into exit statuses."""

    only_failure_status: ClassVar[Exit | None] = None

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own parameters, then the two all have, then --help."""
        own = len(self.params)
        params = super().get_params(ctx)
        return [*params[:own], _URL, _JSON, *params[own:]]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        """Parse the arguments."""
        as_json = "--json" in args
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.ClickException as error:
            self._end(error, as_json=as_json)

    def invoke(self, ctx: click.Context) -> object:
        """Do the command."""
        as_json = ctx.params["as_json"]
        try:
            return super().invoke(ctx)
        except FanfoldError as error:
            tell(error, as_json=as_json)
            raise click.exceptions.Exit(self.only_failure_status or exit_status(error)) from error
        except click.ClickException as error:
            self._end(error, as_json=as_json)

    def _end(self, error: click.ClickException, *, as_json: bool) -> NoReturn:
        error.show()
        if as_json:
            print_error(WrongUsage(error.format_message()))
        raise click.exceptions.Exit(self.only_failure_status or error.exit_code) from error


class WrongUsage(FanfoldError):
    """The command line cannot be understood."""

    code = "wrong-usage"


def connect(urls: tuple[str, ...]) -> "Client":
    """A client of these servers, or of those the environment names."""
    from fanfold.client import Client

    return Client(urls or None, patience_seconds=_PATIENCE_SECONDS)


def address_options(urls: tuple[str, ...]) -> str:
    """The options that lead another command to the same servers, as text to paste."""
    import shlex

    return "".join(f" --url {shlex.quote(url)}" for url in urls)
