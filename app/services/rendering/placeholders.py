"""Finds the placeholders of a template: `{{ name }}`, `{{ name|raw }}` and literals such as `{{ '{{' }}`.

Jinja2's lexer reads them; nothing is ever evaluated, so that no expression can run, loop or grow.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.errors import TemplateError
from app.services.rendering.refusals import template_refused

HINT = (
    "A placeholder is {{ name }}, or {{ name|raw }} to insert the value unescaped. "
    "For two literal braces write {{ '{{' }}. Without variables a template is taken as it is."
)
_LOOKS_LIKE_ONE = re.compile(r"\{\{\s*[A-Za-z_]\w*\s*(\|\s*raw\s*)?\}\}")
_PLAIN_LITERAL = re.compile(r"""'[^'\\]*'|"[^"\\]*\"""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Literal:
    """Text of the template that stays as it is."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Placeholder:
    """Where the value of a variable goes; `raw` means unescaped."""

    name: str
    line: int
    raw: bool = False


Piece = Literal | Placeholder


def has_placeholders(template: str) -> bool:
    """Whether the text holds something that reads like a placeholder."""
    return _LOOKS_LIKE_ONE.search(template) is not None


def find_placeholders(template: str) -> tuple[Piece, ...]:
    """The template as literal text and placeholders, in order. Raises TemplateError with the line."""
    if "\r" in template:
        line = template.count("\n", 0, template.index("\r")) + 1
        raise template_refused(
            f"A template with variables holds a carriage return within line {line}.",
            hint="Write it as an escape, as in $'\\r' or printf '\\r'.",
        )
    try:
        return tuple(_pieces(template))
    except TemplateSyntaxError as error:
        raise _malformed(error.lineno, reason=error.message or "it cannot be read") from error


def _pieces(template: str) -> Iterator[Piece]:
    inside: list[str] | None = None
    begun_at = 1
    for line, kind, text in _environment().lex(template):
        if kind == "variable_begin":
            inside, begun_at = [text], line
        elif inside is None:
            yield Literal(text=text)
        elif kind == "variable_end":
            yield _piece([*inside, text], line=begun_at)
            inside = None
        elif kind != "whitespace":
            inside.append(text)
    if inside is not None:
        raise _malformed(begun_at, reason="it is not closed by }}")


def _piece(tokens: list[str], *, line: int) -> Piece:
    match tokens:
        case ["{{", literal, "}}"] if _PLAIN_LITERAL.fullmatch(literal):
            return Literal(text=literal[1:-1])
        case ["{{", name, "}}"] if name.isidentifier():
            return Placeholder(name=name, line=line)
        case ["{{", name, "|", "raw", "}}"] if name.isidentifier():
            return Placeholder(name=name, line=line, raw=True)
        case _:
            raise _malformed(line, reason=f"{' '.join(tokens)[:80]} is not a name")


def _malformed(line: int, *, reason: str) -> TemplateError:
    return template_refused(f"The placeholder on line {line} cannot be used: {reason}.", hint=HINT)


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    # NUL is refused in templates, so no template can open a block or a comment.
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        block_start_string="\0{%",
        block_end_string="%}\0",
        comment_start_string="\0{#",
        comment_end_string="#}\0",
        keep_trailing_newline=True,
    )
