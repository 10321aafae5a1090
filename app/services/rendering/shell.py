"""Fills the holes of a bash or sh script, each value escaped for the place where it stands.

Two readings of the draft must agree on every hole (the parse tree and `quoting`), and the filled script is
read by both again: where one of them sees a change of anything but text, the template is refused.
"""

from collections.abc import Iterable, Mapping, Sequence

from app.models.task import Language
from app.services.rendering.bash_tree import first_broken_line, parse_shell
from app.services.rendering.classify import classify
from app.services.rendering.contexts import Context
from app.services.rendering.draft import Draft, Filled, fill
from app.services.rendering.escaping import escape
from app.services.rendering.quote_rules import Quote
from app.services.rendering.quoting import Unclear, read_quoting
from app.services.rendering.refusals import template_refused, variable_refused
from app.services.rendering.variables import Value, text_of
from app.services.rendering.verification import has_same_shape

_UNCLEAR_HINT = (
    'Keep the lines with placeholders plain: set variables there, as in value={{ name }}, and use "$value" '
    "elsewhere; or write {{ name|raw }} to insert values unescaped, at your own risk."
)


def fill_shell(draft: Draft, *, variables: Mapping[str, Value], language: Language) -> str:
    """The script with every value in place as exact text. Raises TemplateError where that cannot be done."""
    root = parse_shell(draft.code)
    if root.has_error:
        raise template_refused(
            f"The script cannot be read with certainty near line {first_broken_line(root)}, "
            "so its placeholders cannot be filled safely.",
            hint=_UNCLEAR_HINT,
        )
    quotes = _quotes(draft.code, offsets=[hole.span.start for hole in draft.holes])
    contexts = classify(draft, root=root, quotes=quotes, language=language)
    texts = [
        escape(text_of(variables[hole.name]), context=context, hole=hole)
        for hole, context in zip(draft.holes, contexts, strict=True)
    ]
    filled = fill(draft, text_for=texts.__getitem__)
    _check_documents(draft, contexts=contexts, filled=filled)
    after = parse_shell(filled.code)
    if after.has_error or not has_same_shape(draft, filled, before=root, after=after):
        raise _changed()
    _check_quotes(draft, filled=filled, quotes=quotes)
    return filled.code.decode()


def _quotes(code: bytes, *, offsets: Iterable[int]) -> Mapping[int, Quote]:
    try:
        return read_quoting(code, offsets=offsets)
    except Unclear as error:
        raise template_refused(
            "The script's quoting can be read in more than one way, "
            "so its placeholders cannot be filled safely.",
            hint=_UNCLEAR_HINT,
        ) from error


def _check_documents(draft: Draft, *, contexts: Sequence[Context], filled: Filled) -> None:
    for hole, context, span in zip(draft.holes, contexts, filled.spans, strict=True):
        if context.heredoc is None:
            continue
        start = filled.code.rfind(b"\n", 0, span.start) + 1
        end = filled.code.find(b"\n", span.end)
        lines = filled.code[start : end if end >= 0 else None].decode("latin-1").split("\n")
        if any(context.heredoc.is_ended_by(line) for line in lines):
            raise variable_refused(
                hole.name,
                detail=f"The variable {hole.name} would end the here-document on line {hole.line}: "
                f"it makes a line {context.heredoc.delimiter}.",
                hint="Choose a delimiter that no value contains.",
            )


def _check_quotes(draft: Draft, *, filled: Filled, quotes: Mapping[int, Quote]) -> None:
    ends = [offset for span in filled.spans for offset in (span.start, span.end)]
    seen = _quotes(filled.code, offsets=ends)
    for hole, span in zip(draft.holes, filled.spans, strict=True):
        if not quotes[hole.span.start] == seen[span.start] == seen[span.end]:
            raise _changed()


def _changed() -> Exception:
    return template_refused(
        "With its variables filled in, the script would not be read as the template is.", hint=_UNCLEAR_HINT
    )
