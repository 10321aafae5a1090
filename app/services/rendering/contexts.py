"""What kinds of places a value can stand in, in a shell script."""

from dataclasses import dataclass
from enum import StrEnum

from app.errors import TemplateError
from app.services.rendering.draft import Hole
from app.services.rendering.heredocs import Heredoc
from app.services.rendering.refusals import template_refused

HINT = (
    'Give it a line of its own before, as in value={{{{{name}}}}}, and use "$value" here; '
    "or write {{{{{name}|raw}}}} to insert it unescaped, at your own risk."
)


class Kind(StrEnum):
    """How a value is written so that it stays exact text; the two integer kinds take nothing else."""

    WORD = "a bare word"
    DOUBLE = "double quotes"
    SINGLE = "single quotes"
    ANSI = "$'…' quotes"
    HEREDOC = "a here-document"
    LITERAL_HEREDOC = "a here-document with a quoted delimiter"
    INTEGER = "a place for an integer"
    SUM = "an arithmetic expression"


INTEGERS = frozenset({Kind.INTEGER, Kind.SUM})


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """The place of one hole; `heredoc` is the document it lies in.

    No value may begin with a character of `bad_start` or hold one of `garbled`.
    """

    kind: Kind
    heredoc: Heredoc | None = None
    bad_start: str = ""
    garbled: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """What one of the constructs round a hole asks of its value."""

    integer: Kind | None = None
    bad_start: str = ""
    garbled: str = ""


FINE = Demand()
# bash marks quoted characters with these two internally, and in some places loses count of its marks.
GARBLED_BY_BASH = Demand(garbled="\x01\x7f")
ONLY_INTEGERS = Demand(integer=Kind.INTEGER)
ONLY_INTEGERS_IN_SUM = Demand(integer=Kind.SUM)


def refusal(hole: Hole, *, place: str, hint: str = HINT) -> TemplateError:
    """No value can be made safe here: `place` completes "stands …"."""
    return template_refused(
        f"The placeholder {{{{{hole.name}}}}} on line {hole.line} stands {place}, "
        "where no value can be made safe.",
        hint=hint.format(name=hole.name),
    )
