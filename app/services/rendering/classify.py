"""Decides in what kind of place each hole of a shell script stands, by two readings that must agree."""

import re
from collections.abc import Iterator, Mapping, Sequence

from tree_sitter import Node

from app.models.task import Language
from app.services.rendering.assignments import Declared, read_declarations
from app.services.rendering.bash_tree import Step, text_of_node, way_up
from app.services.rendering.constructs import Place, judge
from app.services.rendering.contexts import INTEGERS, Context, Demand, Kind, refusal
from app.services.rendering.draft import Draft, Hole
from app.services.rendering.heredocs import Heredoc, read_heredoc
from app.services.rendering.quote_rules import Quote

_KIND_OF_LEAF = {
    "word": Kind.WORD, "string": Kind.DOUBLE, "string_content": Kind.DOUBLE, "raw_string": Kind.SINGLE,
    "ansi_c_string": Kind.ANSI, "heredoc_body": Kind.HEREDOC, "heredoc_content": Kind.HEREDOC,
    "variable_name": Kind.SUM, "extglob_pattern": Kind.WORD,
}  # fmt: skip
_DOCUMENT_LEAVES = frozenset({"heredoc_body", "heredoc_content"})
_REFUSED_LEAVES = {
    "regex": "in a pattern",
    "heredoc_start": "in the delimiter of a here-document",
    "heredoc_end": "in the delimiter of a here-document",
}
_AGREEING: Mapping[Kind, frozenset[Quote]] = {
    Kind.WORD: frozenset({Quote.CODE}),
    Kind.DOUBLE: frozenset({Quote.DOUBLE}),
    Kind.SINGLE: frozenset({Quote.SINGLE}),
    Kind.ANSI: frozenset({Quote.ANSI}),
    Kind.HEREDOC: frozenset({Quote.HEREDOC}),
    Kind.LITERAL_HEREDOC: frozenset({Quote.LITERAL_HEREDOC}),
    Kind.INTEGER: frozenset({Quote.CODE, Quote.DOUBLE, Quote.SINGLE, Quote.PARAMETER, Quote.ARITHMETIC}),
    Kind.SUM: frozenset({Quote.ARITHMETIC, Quote.PARAMETER}),
}
_MOST_LEVELS = 500
_RANGE_BEGUN = re.compile(r"\{[^{}]*\.\.\Z")
_JOINS_NUMBER = re.compile(r"[A-Za-z0-9_$#@\\]")
_OPEN_ESCAPE = re.compile(
    r"(?<!\\)(?:\\\\)*\\(?:c|[0-7]{1,2}|x[0-9A-Fa-f]?|u[0-9A-Fa-f]{0,3}|U[0-9A-Fa-f]{0,7})\Z"
)


def classify(
    draft: Draft, *, root: Node, quotes: Mapping[int, Quote], language: Language
) -> tuple[Context, ...]:
    """The context of each hole, in order. Raises TemplateError at the first one that cannot be made safe."""
    declared = read_declarations(root)
    return tuple(
        _context(hole, root=root, quote=quotes[hole.span.start], language=language, declared=declared)
        for hole in draft.holes
    )


def _context(hole: Hole, *, root: Node, quote: Quote, language: Language, declared: Declared) -> Context:
    leaf, steps = way_up(root, span=hole.span)
    if leaf.type == "comment":
        raise refusal(hole, place="in a comment", hint="Take it out of the comment.")
    if leaf.type in _REFUSED_LEAVES:
        raise refusal(hole, place=_REFUSED_LEAVES[leaf.type])
    if len(steps) > _MOST_LEVELS:
        raise refusal(hole, place=f"more than {_MOST_LEVELS} levels deep")
    document = _document_of(leaf, hole=hole)
    demands = [
        judge(Place(step=step, brackets=brackets, hole=hole, language=language, declared=declared))
        for step, brackets in _with_brackets(steps)
        if step.construct.type not in _DOCUMENT_LEAVES or step.part.type not in _DOCUMENT_LEAVES
    ]
    kind = _kind(leaf, hole=hole, document=document, demands=demands)
    if kind is Kind.SUM and quote not in {Quote.ARITHMETIC, Quote.PARAMETER}:
        kind = Kind.INTEGER  # a command within the sum
    if kind is Kind.WORD and quote is Quote.ARITHMETIC:
        kind = Kind.INTEGER  # (( )) may be two subshells as well: digits are harmless in both
    if kind is Kind.ANSI and language is Language.SH:
        raise refusal(hole, place="in $'…' quotes, which sh does not have")
    if quote is Quote.UNSEEN:
        raise refusal(hole, place="right after a backslash or a $")
    if quote not in _AGREEING[kind]:
        raise refusal(hole, place=f"where its quoting is not certain ({kind} or {quote})")
    return Context(
        kind=kind,
        heredoc=document,
        bad_start="".join(demand.bad_start for demand in demands),
        garbled="".join(demand.garbled for demand in demands),
    )


def _with_brackets(steps: Sequence[Step]) -> Iterator[tuple[Step, str]]:
    """Each step with the opening of the nearest test command round it."""
    pairs: list[tuple[Step, str]] = []
    brackets = ""
    for step in reversed(steps):
        if step.construct.type == "test_command":
            brackets = text_of_node(step.construct.children[0])
        pairs.append((step, brackets))
    return reversed(pairs)


def _kind(leaf: Node, *, hole: Hole, document: Heredoc | None, demands: list[Demand]) -> Kind:
    kind = _KIND_OF_LEAF.get(leaf.type)
    integers = [demand.integer for demand in demands if demand.integer is not None]
    if kind is Kind.WORD and _in_range(leaf, hole=hole):
        integers.append(Kind.INTEGER)
    if integers:
        return _integer_kind(integers[0], leaf=leaf, hole=hole)
    if kind is None or kind in INTEGERS:
        raise refusal(hole, place="in the name of a variable or parameter")
    if kind is Kind.ANSI and _OPEN_ESCAPE.search(_around(leaf, hole=hole)[0]):
        raise refusal(hole, place="right after an unfinished escape sequence")
    return Kind.LITERAL_HEREDOC if document is not None and document.literal else kind


def _in_range(leaf: Node, *, hole: Hole) -> bool:
    """Whether the hole is an end of a range such as {1..9}, which quotes would make plain text."""
    word = leaf
    while word.parent is not None and word.parent.type == "concatenation":
        word = word.parent
    before, after = _around(word, hole=hole)
    return _RANGE_BEGUN.search(before) is not None or (before.endswith("{") and after.startswith(".."))


def _integer_kind(kind: Kind, *, leaf: Node, hole: Hole) -> Kind:
    before, after = _around(leaf, hole=hole)
    if _JOINS_NUMBER.match(before[-1:]) or _JOINS_NUMBER.match(after[:1]):
        raise refusal(hole, place="within a name or number that is evaluated")
    return kind if _KIND_OF_LEAF.get(leaf.type) in {Kind.WORD, Kind.SUM} else Kind.INTEGER


def _around(node: Node, *, hole: Hole) -> tuple[str, str]:
    text = text_of_node(node)
    return text[: hole.span.start - node.start_byte], text[hole.span.end - node.start_byte :]


def _document_of(leaf: Node, *, hole: Hole) -> Heredoc | None:
    if leaf.type not in _DOCUMENT_LEAVES:
        return None
    body = leaf if leaf.type == "heredoc_body" else leaf.parent
    redirect = body.parent if body is not None else None
    document = _opening(redirect) if redirect is not None else None
    if document is None:
        raise refusal(hole, place="in a here-document whose delimiter is not plain")
    return document


def _opening(redirect: Node) -> Heredoc | None:
    operators = [child for child in redirect.children if child.type in {"<<", "<<-"}]
    if not operators:
        return None
    document = read_heredoc(text_of_node(redirect), at=operators[0].start_byte - redirect.start_byte)
    return document[0] if document else None
