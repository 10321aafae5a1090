"""How a value is written in each kind of place, so that the shell reads exactly its text."""

import re

from app.services.rendering.contexts import INTEGERS, Context, Kind
from app.services.rendering.draft import Hole
from app.services.rendering.refusals import variable_refused

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_INT64 = range(-(2**63), 2**63)
_SPECIAL_IN_DOUBLE = re.compile(r'[\\"$`]')
_SPECIAL_IN_HEREDOC = re.compile(r"[\\$`]")


def escape(text: str, *, context: Context, hole: Hole) -> str:
    """The value as it is written into the script. Raises TemplateError when it cannot stand in this place."""
    if context.bad_start and text.startswith(tuple(context.bad_start)):
        raise variable_refused(
            hole.name,
            detail=f"The variable {hole.name} begins with {text[0]}, "
            f"to which the command on line {hole.line} gives a meaning of its own.",
            hint=f'Set a variable first, as in value={{{{{hole.name}}}}}, and use "$value"; '
            "for printf, write printf '%s' before it.",
        )
    if any(character in context.garbled for character in text):
        raise variable_refused(
            hole.name,
            detail=f"The variable {hole.name} holds a control character (U+0001 or U+007F), "
            f"which bash garbles where it stands on line {hole.line}.",
            hint=f'Set a variable first, as in value={{{{{hole.name}}}}}, and use "$value".',
        )
    if context.kind in INTEGERS:
        return _integer(text, context=context, hole=hole)
    if context.heredoc is not None and context.heredoc.strips_tabs and re.search(r"(?:\A|\n)\t", text):
        raise variable_refused(
            hole.name,
            detail=f"The variable {hole.name} has a line that begins with a tab, "
            f"which the here-document on line {hole.line} would strip.",
            hint="Use << instead of <<-.",
        )
    match context.kind:
        case Kind.WORD:
            return f"'{_in_single(text)}'"
        case Kind.SINGLE:
            return _in_single(text)
        case Kind.DOUBLE:
            return _SPECIAL_IN_DOUBLE.sub(r"\\\g<0>", text)
        case Kind.HEREDOC:
            return _SPECIAL_IN_HEREDOC.sub(r"\\\g<0>", text)
        case Kind.ANSI:
            # In octal, for the grammar takes the quote after two backslashes for an escaped one.
            return text.replace("\\", "\\134").replace("'", "\\047")
        case _:
            return text


def _in_single(text: str) -> str:
    return text.replace("'", "'\\''")


def _integer(text: str, *, context: Context, hole: Hole) -> str:
    if not _INTEGER.fullmatch(text) or int(text) not in _INT64:
        raise variable_refused(
            hole.name,
            detail=f"The variable {hole.name} must be an integer, because on line {hole.line} it stands "
            f"where the shell evaluates text: {text[:40]!r} is none.",
            hint="Send decimal digits without leading zeros, of 64 bits at most.",
        )
    return f"({text})" if context.kind is Kind.SUM and text.startswith("-") else text
