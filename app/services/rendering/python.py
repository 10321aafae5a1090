"""Fills the holes of a Python program: each value becomes a literal, where an expression can stand."""

import ast
from collections.abc import Iterator, Mapping

from app.services.rendering.draft import Draft, Hole, fill
from app.services.rendering.python_source import parse_python
from app.services.rendering.refusals import template_refused
from app.services.rendering.variables import Value

_HINT = (
    "A placeholder becomes a literal, quotes included, and stands where an expression can: "
    "text = {{{{ {name} }}}}, or 'some ' + {{{{ {name} }}}}; not in strings, comments or names. "
    "{{{{ {name}|raw }}}} inserts it unescaped, at your own risk."
)


def fill_python(draft: Draft, *, variables: Mapping[str, Value]) -> str:
    """The program with a literal for each placeholder. Raises TemplateError where a literal cannot stand."""
    tree = parse_python(draft.code.decode())
    places = _expressions(tree)
    for hole in draft.holes:
        if _position(draft.code, hole=hole) not in places:
            raise template_refused(
                f"The placeholder {{{{{hole.name}}}}} on line {hole.line} stands where no expression can.",
                hint=_HINT.format(name=hole.name),
            )
    literals = [_literal(variables[hole.name]) for hole in draft.holes]
    source = fill(draft, text_for=literals.__getitem__).code.decode()
    words = [draft.word(index) for index in range(len(draft.holes))]
    if _shape(tree, literals=dict(zip(words, literals, strict=True))) != _shape(
        parse_python(source), literals={}
    ):
        raise template_refused(
            "With its variables filled in, the program would not be read as the template is.",
            hint="Give each placeholder an assignment of its own, as in text = {{ name }}.",
        )
    return source


def _literal(value: Value) -> str:
    # A number in parentheses stays itself before a dot, a power or a minus.
    return ascii(value) if isinstance(value, str | bool) else f"({value!r})"


def _expressions(tree: ast.Module) -> set[tuple[int, int]]:
    """Line and column of every name that is read, but for those in f-strings: their columns are not exact."""
    formatted = {
        id(inner) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for inner in ast.walk(node)
    }
    return {
        (node.lineno, node.col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in formatted
    }


def _position(code: bytes, *, hole: Hole) -> tuple[int, int]:
    start = hole.span.start
    return code.count(b"\n", 0, start) + 1, start - (code.rfind(b"\n", 0, start) + 1)


def _shape(tree: ast.Module, *, literals: Mapping[str, str]) -> list[tuple[object, ...]]:
    """Every node with its plain fields, in a fixed order, the literals in place of the words of the holes."""
    shape: list[tuple[object, ...]] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and node.id in literals:
            node = ast.parse(literals[node.id], mode="eval").body
        plain, children = _parts(node)
        shape.append((type(node).__name__, *plain))
        waiting.extend(children)
    return shape


def _parts(node: ast.AST) -> tuple[list[object], list[ast.AST]]:
    plain: list[object] = []
    children: list[ast.AST] = []
    for name, value in _fields(node):
        if isinstance(value, ast.AST):
            children.append(value)
        else:
            # Python refuses to write very long integers in decimal.
            shown = hex(value) if isinstance(value, int) else repr(value)
            plain.append((name, type(value).__name__, shown))
    return plain, children


def _fields(node: ast.AST) -> Iterator[tuple[str, object]]:
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            yield name, len(value)
            yield from ((name, item) for item in value)
        else:
            yield name, value
