"""Fills the holes of a bash or sh script, each value escaped for the place where it stands.

Two readings of the draft must agree on every hole (the parse tree and `quoting`), and the filled script is
read by both again: where one of them sees a change of anything but text, the template is refused.
"""

from collections.abc import Iterable, Mapping, Sequence

from tree_sitter import Node

from app.errors import TemplateError
from app.models.task import Language
from app.services.rendering.bash_tree import TooHard, first_broken_line, parse_shell
from app.services.rendering.classify import classify
from app.services.rendering.contexts import INTEGERS, Context
from app.services.rendering.draft import Draft, Filled, fill
from app.services.rendering.escaping import escape
from app.services.rendering.quote_rules import Quote
from app.services.rendering.quoting import Unclear, read_quoting
from app.services.rendering.refusals import template_refused, variable_refused
from app.services.rendering.variables import Value, text_of
from app.services.rendering.verification import has_same_shape

_MOST_PIPES = 1000
_UNCLEAR_HINT = (
    'Keep the lines with placeholders plain: set variables there, as in value={{ name }}, and use "$value" '
    "elsewhere; or write {{ name|raw }} to insert values unescaped, at your own risk."
)


def fill_shell(draft: Draft, *, variables: Mapping[str, Value], language: Language) -> str:
    """The script with every value in place as exact text. Raises TemplateError where that cannot be done."""
    root = _tree(draft)
    quotes = _quotes(draft.code, offsets=[hole.span.start for hole in draft.holes], language=language)
    contexts = classify(draft, root=root, quotes=quotes, language=language)
    texts = [
        escape(text_of(variables[hole.name]), context=context, hole=hole)
        for hole, context in zip(draft.holes, contexts, strict=True)
    ]
    filled = fill(draft, text_for=texts.__getitem__)
    _check_documents(draft, contexts=contexts, filled=filled)
    _check_tree(draft, root=root, contexts=contexts, texts=texts)
    _check_quotes(draft, filled=filled, quotes=quotes, language=language)
    return filled.code.decode()


def _tree(draft: Draft) -> Node:
    if draft.code.count(b"|") > _MOST_PIPES:  # the grammar's time grows with the cube of their number
        raise template_refused(
            f"A template with placeholders has more than {_MOST_PIPES} pipe signs.", hint=_UNCLEAR_HINT
        )
    root = _parsed(draft.code)
    if root.has_error:
        raise template_refused(
            f"The script cannot be read with certainty near line {first_broken_line(root)}, "
            "so its placeholders cannot be filled safely.",
            hint=_UNCLEAR_HINT,
        )
    return root


def _parsed(code: bytes) -> Node:
    try:
        return parse_shell(code)
    except TooHard as error:
        raise template_refused(
            "The script takes too long to read, so its placeholders cannot be filled.", hint=_UNCLEAR_HINT
        ) from error


def _quotes(code: bytes, *, offsets: Iterable[int], language: Language) -> Mapping[int, Quote]:
    try:
        return read_quoting(code, offsets=offsets, language=language)
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


def _check_tree(draft: Draft, *, root: Node, contexts: Sequence[Context], texts: Sequence[str]) -> None:
    # Left out are texts in here-documents, for the grammar misreads a document that begins with a backslash,
    # and integers, which it takes for other things than words, as it should.
    chosen = [
        index
        for index, context in enumerate(contexts)
        if context.heredoc is None and context.kind not in INTEGERS
    ]
    part = Draft(code=draft.code, holes=tuple(draft.holes[index] for index in chosen))
    filled = fill(part, text_for=lambda index: texts[chosen[index]])
    after = _parsed(filled.code)
    if after.has_error or not has_same_shape(part, filled, before=root, after=after):
        raise _changed()


def _check_quotes(draft: Draft, *, filled: Filled, quotes: Mapping[int, Quote], language: Language) -> None:
    ends = [offset for span in filled.spans for offset in (span.start, span.end)]
    seen = _quotes(filled.code, offsets=ends, language=language)
    for hole, span in zip(draft.holes, filled.spans, strict=True):
        if not quotes[hole.span.start] == seen[span.start] == seen[span.end]:
            raise _changed()


def _changed() -> TemplateError:
    return template_refused(
        "With its variables filled in, the script would not be read as the template is.", hint=_UNCLEAR_HINT
    )
