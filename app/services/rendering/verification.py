"""Looks at the filled script again: every value must have become text, and all else must be as it was."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tree_sitter import Node

from app.services.rendering.draft import Draft, Filled, Span

_TEXT = frozenset(
    {
        "word",
        "raw_string",
        "string_content",
        "ansi_c_string",
        "extglob_pattern",
        "regex",
        "number",
        '"',
        "-",
    }
)
_WRAPPERS = frozenset({"concatenation", "string"})
_DOCUMENT_TEXT = frozenset({"heredoc_content", "heredoc_body"})


@dataclass(frozen=True, slots=True)
class _Leaf:
    kind: str
    path: int
    start: int
    end: int


def has_same_shape(draft: Draft, filled: Filled, *, before: Node, after: Node) -> bool:
    """Whether the values changed nothing but the words they stand in."""
    leaves = list(_leaves(before))
    holes = [hole.span for hole in draft.holes]
    move = _mover(holes, spans=filled.spans)
    islands = [Span(start=leaf.start, end=leaf.end) for leaf in leaves if _overlaps(leaf, spans=holes)]
    moved = [
        _Leaf(leaf.kind, leaf.path, move(leaf.start), move(leaf.end))
        for leaf in leaves
        if not _is_within(leaf, spans=islands)
    ]
    grown = [Span(start=move(span.start), end=move(span.end)) for span in islands]
    found = list(_leaves(after))
    inside = [leaf for leaf in found if _is_within(leaf, spans=grown)]
    outside = [leaf for leaf in found if not _is_within(leaf, spans=grown)]
    return outside == moved and all(leaf.kind in _TEXT for leaf in inside)


def _leaves(root: Node) -> Iterator[_Leaf]:
    """Leaves in order, each with a fingerprint of the constructs round it, but no text of here-documents."""
    waiting = [(root, 0)]
    while waiting:
        node, path = waiting.pop()
        children = node.children
        if children:
            inner = path if node.type in _WRAPPERS else hash((path, node.type))
            waiting.extend((child, inner) for child in reversed(children))
        elif node.type not in _DOCUMENT_TEXT:
            yield _Leaf(node.type, path, _start(node), node.end_byte)


def _start(leaf: Node) -> int:
    """Where the leaf begins: in strings, the grammar gives the blanks before a token to the token."""
    return leaf.start_byte if leaf.is_named else max(leaf.start_byte, leaf.end_byte - len(leaf.type))


def _mover(holes: Sequence[Span], *, spans: Sequence[Span]) -> Callable[[int], int]:
    """Tells where an offset of the draft, outside its holes, lies in the filled script."""
    growth = [
        0,
        *accumulate(
            new.end - new.start - (old.end - old.start) for old, new in zip(holes, spans, strict=True)
        ),
    ]
    ends = [hole.end for hole in holes]
    return lambda offset: offset + growth[bisect_right(ends, offset)]


def _overlaps(leaf: _Leaf, *, spans: Sequence[Span]) -> bool:
    first = bisect_right(spans, leaf.start, key=lambda span: span.end)
    return first < len(spans) and spans[first].start < leaf.end


def _is_within(leaf: _Leaf, *, spans: Sequence[Span]) -> bool:
    last = bisect_right(spans, leaf.start, key=lambda span: span.start) - 1
    return last >= 0 and leaf.end <= spans[last].end
