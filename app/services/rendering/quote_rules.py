"""Tables for reading shell quoting: what each token opens, closes or hides in each kind of surroundings."""

from collections.abc import Mapping
from enum import StrEnum


class Quote(StrEnum):
    """The kind of quotes around an offset; UNSEEN offsets lie in comments or right after an escape or `$`."""

    CODE = "code"
    DOUBLE = "double quotes"
    SINGLE = "single quotes"
    ANSI = "$'…' quotes"
    HEREDOC = "here-document"
    LITERAL_HEREDOC = "literal here-document"
    ARITHMETIC = "arithmetic"
    PARAMETER = "parameter expansion"
    OTHER = "other"
    UNSEEN = "unseen"


class Act(StrEnum):
    """What a token does; OPEN begins surroundings of its own, NEST a mere bracket within the present ones."""

    OPEN = "open"
    NEST = "nest"
    CLOSE = "close"
    CLOSE_IF_OPEN = "close if open"
    ESCAPE = "escape"
    NAME = "name"
    PARAMETER = "parameter"
    COMMENT = "comment"
    DOCUMENT = "document"
    NEWLINE = "newline"
    PASS = "pass"  # noqa: S105 - no password
    UNCLEAR = "unclear"


Rules = tuple[tuple[str, Act], ...]

TOP = ""
DOCUMENT = "<<"
QUOTED_PARAMETER = "${'"

_ESCAPE: Rules = (("\\", Act.ESCAPE),)
_EXPANSIONS: Rules = (
    ("$((", Act.OPEN), ("$(", Act.OPEN), ("$[", Act.OPEN),
    ("${ ", Act.UNCLEAR), ("${\t", Act.UNCLEAR), ("${\n", Act.UNCLEAR), ("${|", Act.UNCLEAR),
    ("${", Act.PARAMETER), ("$", Act.NAME), ("`", Act.OPEN),
)  # fmt: skip
_CODE: Rules = (
    *_ESCAPE, ("$'", Act.OPEN), ('$"', Act.OPEN), *_EXPANSIONS, ("'", Act.OPEN), ('"', Act.OPEN),
    ("<<<", Act.PASS), ("<<", Act.DOCUMENT), ("((", Act.OPEN), ("(", Act.OPEN), (")", Act.CLOSE_IF_OPEN),
    ("#", Act.COMMENT), ("\n", Act.NEWLINE),
)  # fmt: skip
_TEXT: Rules = (*_ESCAPE, *_EXPANSIONS)
_DOUBLE: Rules = (*_TEXT, ('"', Act.CLOSE))
# Shells differ in what $' is within braces and arithmetic.
_DOLLAR_QUOTES: Rules = (("$'", Act.UNCLEAR), ('$"', Act.UNCLEAR))
_QUOTED_PARAMETER: Rules = (*_DOLLAR_QUOTES, *_TEXT, ('"', Act.OPEN), ("}", Act.CLOSE))
_PARAMETER: Rules = (*_QUOTED_PARAMETER, ("'", Act.OPEN))
_SUM: Rules = (*_DOLLAR_QUOTES, *_TEXT, ('"', Act.OPEN), ("'", Act.OPEN))
_ROUND: Rules = (*_SUM, ("(", Act.NEST))
_SQUARE: Rules = (*_SUM, ("[", Act.NEST), ("]", Act.CLOSE))

Surroundings = Mapping[str, tuple[Quote, Rules]]

BASH: Surroundings = {
    TOP: (Quote.CODE, _CODE),
    "(": (Quote.CODE, _CODE),
    "$(": (Quote.CODE, _CODE),
    '"': (Quote.DOUBLE, _DOUBLE),
    '$"': (Quote.OTHER, _DOUBLE),
    "'": (Quote.SINGLE, (("'", Act.CLOSE),)),
    "$'": (Quote.ANSI, (*_ESCAPE, ("'", Act.CLOSE))),
    "`": (Quote.OTHER, (*_ESCAPE, ("`", Act.CLOSE))),
    DOCUMENT: (Quote.HEREDOC, _TEXT),
    # A single ) would show that (( was two subshells: which of the two it is, shells find out by trying.
    "((": (Quote.ARITHMETIC, (*_ROUND, ("))", Act.CLOSE), (")", Act.UNCLEAR))),
    "$((": (Quote.ARITHMETIC, (*_ROUND, ("))", Act.CLOSE), (")", Act.UNCLEAR))),
    "nested (": (Quote.ARITHMETIC, (*_ROUND, (")", Act.CLOSE))),
    "$[": (Quote.ARITHMETIC, _SQUARE),
    "nested [": (Quote.ARITHMETIC, _SQUARE),
    "${": (Quote.PARAMETER, _PARAMETER),
    QUOTED_PARAMETER: (Quote.PARAMETER, _QUOTED_PARAMETER),
}

# What bash reads as one token and dash as several.
_ONLY_IN_BASH: Rules = (("$'", Act.UNCLEAR), ("$[", Act.UNCLEAR), ("((", Act.UNCLEAR), ("<<<", Act.UNCLEAR))

SH: Surroundings = {
    token: (quote, (*_ONLY_IN_BASH, *rules) if quote is Quote.CODE else rules)
    for token, (quote, rules) in BASH.items()
}
