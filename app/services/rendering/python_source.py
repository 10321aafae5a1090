"""Reads Python source as the workers' interpreter would, without running any of it."""

import ast
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from app.errors import TemplateError
from app.services.rendering.refusals import template_refused

_RUN_HINT = "Define what to do with one item: def run(item): return …"
# The warning filters belong to the whole process: two threads that change them at once would mix them up.
_ONE_AT_A_TIME = Lock()


def parse_python(source: str) -> ast.Module:
    """The program's tree. Raises TemplateError with Python's own message and line."""
    with _collected_warnings():
        return _parse(source)


def check_python(source: str) -> tuple[str, ...]:
    """Compiles the source and looks for `run`; answers the compiler's warnings, each with its line."""
    with _collected_warnings() as caught:
        tree = _parse(source)
        try:
            compile(source, "<template>", "exec", dont_inherit=True)
        except SyntaxError as error:
            raise template_refused(
                f"Python cannot compile the template: line {error.lineno}: {error.msg}.", hint=_RUN_HINT
            ) from error
        except (RecursionError, MemoryError) as error:
            raise _too_deep() from error
    _check_run(tree)
    said = (f"Python, line {warning.lineno}: {warning.message}" for warning in caught)
    return tuple(dict.fromkeys(said))


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source, "<template>")
    except SyntaxError as error:
        raise template_refused(
            f"Python cannot read the template: line {error.lineno}: {error.msg}.",
            hint="Mend the line; the template is plain Python source that defines run(item).",
        ) from error
    except (RecursionError, MemoryError) as error:
        raise _too_deep() from error


@contextmanager
def _collected_warnings() -> Iterator[list[warnings.WarningMessage]]:
    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def _too_deep() -> TemplateError:
    return template_refused(
        "The template is nested too deeply for Python.", hint="Split long expressions into several lines."
    )


def _check_run(tree: ast.Module) -> None:
    found = [node for node in tree.body if "run" in _names_bound_by(node)]
    if not found:
        raise template_refused("The template does not define run at its top level.", hint=_RUN_HINT)
    match found[-1]:
        case ast.AsyncFunctionDef():
            raise template_refused(
                "run is an async function, which workers do not await.",
                hint="Define it with def, and call asyncio.run inside.",
            )
        case ast.FunctionDef(args=arguments) if not _takes_one(arguments):
            raise template_refused("run cannot be called with one argument, the item.", hint=_RUN_HINT)


def _names_bound_by(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {alias.asname or alias.name for alias in names}
        case _:
            return set()


def _takes_one(arguments: ast.arguments) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    required = positional - len(arguments.defaults)
    all_named_have_defaults = None not in arguments.kw_defaults
    return required <= 1 and (positional >= 1 or arguments.vararg is not None) and all_named_have_defaults
