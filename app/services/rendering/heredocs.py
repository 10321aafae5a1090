"""Here-documents: how the word after `<<` names the line that ends one, and which lines end it early."""

import re
from dataclasses import dataclass

_OPERATOR = re.compile(r"<<(-?)[ \t]*")
_WORD_PART = re.compile(r"""'[^'\n]*'|"[^"\\$`\n]*"|\\[^\n]|[^ \t\n;|&()<>'"\\$`]+""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Heredoc:
    """What ends a here-document, whether leading tabs are stripped, whether its text is taken literally."""

    delimiter: str
    strips_tabs: bool
    literal: bool

    def is_named_by(self, line: str) -> bool:
        """Whether this line ends the document."""
        return (line.lstrip("\t") if self.strips_tabs else line) == self.delimiter

    def is_ended_by(self, line: str) -> bool:
        """Whether this line ends the document, or may end it.

        Within `$( )`, bash takes also a line that begins with the delimiter and has a `)` after it.
        """
        text = line.lstrip("\t") if self.strips_tabs else line
        return text == self.delimiter or (text.startswith(self.delimiter) and ")" in text)


def read_heredoc(text: str, *, at: int) -> tuple[Heredoc, int] | None:
    """The here-document whose `<<` stands at this offset, and the offset after its word; None if unclear."""
    operator = _OPERATOR.match(text, at)
    if operator is None:
        return None
    parts: list[str] = []
    end = operator.end()
    while part := _WORD_PART.match(text, end):
        parts.append(part[0])
        end = part.end()
    if not parts or (end < len(text) and text[end] in "'\"\\$`"):
        return None
    document = Heredoc(
        delimiter="".join(_unquoted(part) for part in parts),
        strips_tabs=operator[1] == "-",
        literal=any(part[0] in "'\"\\" for part in parts),
    )
    return document, end


def is_escaped(text: str, *, at: int) -> bool:
    """Whether the character at this offset is escaped: an odd number of backslashes stands before it."""
    count = 0
    while at > count and text[at - count - 1] == "\\":
        count += 1
    return count % 2 == 1


def _unquoted(part: str) -> str:
    if part[0] in "'\"":
        return part[1:-1]
    return part[1:] if part[0] == "\\" else part
