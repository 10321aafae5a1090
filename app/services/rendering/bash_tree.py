"""Parse trees of shell scripts by tree-sitter-bash, and ways to walk them without recursion."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from app.services.rendering.draft import Span

_TIME_LIMIT_SECONDS = 2.0
_BYTES_AT_A_TIME = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step on the way from a leaf up to the whole script: a construct and the part that holds the leaf.

    `role` is the grammar's name for what the part is in the construct.
    """

    construct: Node
    part: Node
    role: str | None


class TooHard(Exception):
    """The grammar did not make out the script in time; for this module's callers only."""


def parse_shell(code: bytes) -> Node:
    """The root of the script's tree; where the grammar is at a loss the tree has ERROR or MISSING nodes.

    Raises TooHard after some seconds of work: the grammar takes minutes for some senseless scripts.
    """
    deadline = time.thread_time() + _TIME_LIMIT_SECONDS

    def read(offset: int, _point: object) -> bytes:
        return code[offset : offset + _BYTES_AT_A_TIME]

    def is_late(_offset: int, _has_error: bool) -> bool:  # noqa: FBT001 - the library calls it
        return time.thread_time() > deadline

    try:
        tree = Parser(Language(tree_sitter_bash.language())).parse(read, progress_callback=is_late)
    except ValueError as error:
        raise TooHard from error
    return tree.root_node


def first_broken_line(root: Node) -> int:
    """The line, from 1, of the first node that was not understood."""
    broken = (node for node in walk(root) if node.is_error or node.is_missing)
    return next((node.start_point.row + 1 for node in broken), 1)


def walk(root: Node) -> Iterator[Node]:
    """Every node, parents before children, in the order of the script."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def way_up(root: Node, *, span: Span) -> tuple[Node, list[Step]]:
    """The smallest node that holds the span, and the steps from it up to the root, innermost first."""
    cursor = root.walk()
    node, steps = root, list[Step]()
    while cursor.goto_first_child_for_byte(span.start) is not None:
        part = cursor.node
        if part is None or part.start_byte > span.start or part.end_byte < span.end:
            break
        steps.append(Step(construct=node, part=part, role=cursor.field_name))
        node = part
    return node, steps[::-1]


def text_of_node(node: Node) -> str:
    """The node's own text, one character a byte."""
    return (node.text or b"").decode("latin-1")
