"""The steps from a template and its variables to a function."""

from collections.abc import Mapping, Sequence

from app.errors import TemplateError
from app.models.task import Language
from app.services.rendering.draft import Draft, make_draft
from app.services.rendering.placeholders import HINT, Piece, Placeholder, find_placeholders, has_placeholders
from app.services.rendering.programs import language_of_program
from app.services.rendering.python import fill_python
from app.services.rendering.refusals import template_refused
from app.services.rendering.rendered import Rendered
from app.services.rendering.shell import fill_shell
from app.services.rendering.source import check_rendered, clean_source, is_program
from app.services.rendering.syntax import check_syntax
from app.services.rendering.variables import Value, check_variables


def render(spec_template: str, *, variables: Mapping[str, Value], language: Language) -> Rendered:
    """The function that a task's template and variables make, checked by the language's own reader.

    Without variables the template is taken as it is. A program (`#!`) is not checked, and its values are
    escaped when its interpreter is bash, sh, dash or Python. Raises TemplateError.
    """
    template, warnings = clean_source(spec_template)
    check_variables(variables)
    if variables:
        pieces = find_placeholders(template)
        warnings += _unused(pieces, variables=variables)
        source = _fill(pieces, variables=variables, language=language)
    else:
        source = template
        warnings += _untouched(template)
    check_rendered(source)
    return Rendered(source=source, warnings=warnings + check_syntax(source, language))


def _fill(pieces: Sequence[Piece], *, variables: Mapping[str, Value], language: Language) -> str:
    _check_known(pieces, variables=variables)
    draft = make_draft(pieces, variables=variables)
    if not draft.holes:
        return draft.code.decode()
    dialect = language_of_program(draft.code) if is_program(draft.code.decode()) else language
    match dialect:
        case Language.BASH | Language.SH:
            return fill_shell(draft, variables=variables, language=dialect)
        case Language.PYTHON:
            return fill_python(draft, variables=variables)
        case None:
            raise _no_escaping(draft)


def _no_escaping(draft: Draft) -> TemplateError:
    hole = draft.holes[0]
    return template_refused(
        f"The placeholder {{{{{hole.name}}}}} on line {hole.line} stands in a program for whose interpreter "
        "no escaping is known (bash, sh, dash and Python have one).",
        hint=f"Write {{{{{hole.name}|raw}}}} to insert the value unescaped, or send it with the items.",
    )


def _check_known(pieces: Sequence[Piece], *, variables: Mapping[str, Value]) -> None:
    for piece in pieces:
        if isinstance(piece, Placeholder) and piece.name not in variables:
            raise template_refused(
                f"The placeholder {{{{{piece.name}}}}} on line {piece.line} names no variable. "
                f"Known: {', '.join(sorted(variables)[:20])}.",
                hint=f"Add {piece.name} to variableJson, or mend the name. {HINT}",
            )


def _unused(pieces: Sequence[Piece], *, variables: Mapping[str, Value]) -> tuple[str, ...]:
    used = {piece.name for piece in pieces if isinstance(piece, Placeholder)}
    return tuple(f"The variable {name} is not used." for name in sorted(set(variables) - used))


def _untouched(template: str) -> tuple[str, ...]:
    if not has_placeholders(template):
        return ()
    return ("The template has placeholders but the task has no variables: it is taken as it is.",)
