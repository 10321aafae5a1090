"""Tables for reading shell quoting: what each token opens, closes or hides in each kind of surroundings."""

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
_QUOTED_PARAMETER: Rules = (*_DOUBLE[:-1], ('"', Act.OPEN), ("}", Act.CLOSE))
_PARAMETER: Rules = (*_QUOTED_PARAMETER, ("'", Act.OPEN))
_SUM: Rules = (*_TEXT, ('"', Act.OPEN), ("'", Act.OPEN))
_ROUND: Rules = (*_SUM, ("(", Act.NEST))
_SQUARE: Rules = (*_SUM, ("[", Act.NEST), ("]", Act.CLOSE))

SURROUNDINGS: dict[str, tuple[Quote, Rules]] = {
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
