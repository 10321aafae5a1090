"""A small reader of shell quoting, independent of the grammar: in which kind of quotes does an offset lie?

The parse tree decides what fills a hole; this reader must agree, or nothing is filled. It gives up (Unclear)
rather than guess: on constructs that shells themselves read in two ways it takes no side.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from app.models.task import Language
from app.services.rendering.heredocs import Heredoc, is_escaped, read_heredoc
from app.services.rendering.quote_rules import (
    BASH,
    DOCUMENT,
    QUOTED_PARAMETER,
    SH,
    TOP,
    Act,
    Quote,
    Surroundings,
)

_PLAIN = re.compile(r"""[^\\'"$`#<()\[\]{}\n]+""")
_NAME = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
_PARAMETER = re.compile(r"\$\{[!#]?(?:\w+|[@*#?$!-])?(?:\[[^\]\n]*\])?(:?[-=?+])?")
_WORD_BREAKS = " \t\n;|&()<>"


class Unclear(Exception):
    """The script can be read in more than one way, or ends within quotes; for this module's caller only."""


def read_quoting(code: bytes, *, offsets: Iterable[int], language: Language) -> Mapping[int, Quote]:
    """The quotes around each byte offset. Raises Unclear when the script cannot be read with certainty."""
    wanted = sorted(set(offsets))
    rules = SH if language is Language.SH else BASH
    reader = _Reader(code.decode("latin-1"), offsets=wanted, rules=rules)
    reader.read()
    return {offset: reader.found.get(offset, Quote.UNSEEN) for offset in wanted}


class _Reader:
    def __init__(self, text: str, *, offsets: list[int], rules: Surroundings) -> None:
        self.text = text
        self.found: dict[int, Quote] = {}
        self._offsets = offsets
        self._rules = rules
        self._next = 0
        self._stack: list[str] = []
        self._documents: list[Heredoc] = []
        self._at = 0
        self._acts: dict[Act, Callable[[str], None]] = {
            Act.OPEN: self._open, Act.NEST: self._nest, Act.CLOSE: self._close,
            Act.CLOSE_IF_OPEN: self._close_if_open, Act.ESCAPE: self._escape, Act.NAME: self._name,
            Act.PARAMETER: self._parameter, Act.COMMENT: self._comment, Act.DOCUMENT: self._document,
            Act.NEWLINE: self._newline, Act.PASS: self._pass, Act.UNCLEAR: self._unclear,
        }  # fmt: skip

    def read(self) -> None:
        self._read_to(len(self.text))
        if self._stack or self._documents:
            raise Unclear

    def _read_to(self, limit: int) -> None:
        while self._at < limit:
            quote, rules = self._rules[self._top()]
            self._note(quote)
            if self._documents and quote is not Quote.CODE and self.text[self._at] == "\n":
                raise Unclear
            for token, act in rules:
                if self.text.startswith(token, self._at):
                    self._acts[act](token)
                    break
            else:
                self._at = self._after_plain(limit)
        if self._at != limit:
            raise Unclear
        self._note(self._rules[self._top()][0])

    def _top(self) -> str:
        return self._stack[-1] if self._stack else TOP

    def _note(self, quote: Quote) -> None:
        while self._next < len(self._offsets) and self._offsets[self._next] <= self._at:
            self.found.setdefault(self._offsets[self._next], quote if self._is_here() else Quote.UNSEEN)
            self._next += 1

    def _is_here(self) -> bool:
        return self._offsets[self._next] == self._at

    def _after_plain(self, limit: int) -> int:
        stop = min(limit, self._offsets[self._next]) if self._next < len(self._offsets) else limit
        plain = _PLAIN.match(self.text, self._at, stop)
        return plain.end() if plain else self._at + 1

    def _open(self, token: str) -> None:
        self._stack.append(token)
        self._at += len(token)

    def _nest(self, token: str) -> None:
        self._stack.append(f"nested {token}")
        self._at += 1

    def _close(self, token: str) -> None:
        self._stack.pop()
        self._at += len(token)

    def _close_if_open(self, token: str) -> None:
        # A ) that closes nothing ends a pattern of case. Within $( ) such a one is taken for the end: then
        # the tree disagrees, and the hole is not filled.
        if self._stack:
            self._stack.pop()
        self._at += len(token)

    def _escape(self, token: str) -> None:
        self._at += len(token) + 1

    def _pass(self, token: str) -> None:
        self._at += len(token)

    def _unclear(self, _token: str) -> None:
        raise Unclear

    def _name(self, _token: str) -> None:
        name = _NAME.match(self.text, self._at)
        self._at = name.end() if name else self._at + 1

    def _parameter(self, token: str) -> None:
        opening = _PARAMETER.match(self.text, self._at)
        quoted = self._rules[self._top()][0] in {Quote.DOUBLE, Quote.HEREDOC}
        # Within double quotes, a single quote is plain text after :- and its like, a quote after # % / ^ ,
        literal = quoted and opening is not None and bool(opening[1])
        self._stack.append(QUOTED_PARAMETER if literal else "${")
        self._at += len(token)

    def _comment(self, token: str) -> None:
        begins_word = self._at == 0 or (
            self.text[self._at - 1] in _WORD_BREAKS and not is_escaped(self.text, at=self._at - 1)
        )
        end = self.text.find("\n", self._at) if begins_word else self._at + len(token)
        self._at = len(self.text) if end < 0 else end

    def _document(self, _token: str) -> None:
        document = read_heredoc(self.text, at=self._at)
        if document is None:
            raise Unclear
        self._documents.append(document[0])
        self._at = document[1]

    def _newline(self, token: str) -> None:
        self._at += len(token)
        waiting, self._documents = self._documents, []
        for document in waiting:
            self._read_document(document)

    def _read_document(self, document: Heredoc) -> None:
        end, after = self._end_of(document)
        if document.literal:
            self._note_literal(end)
        else:
            depth = len(self._stack)
            self._stack.append(DOCUMENT)
            self._read_to(end)
            if len(self._stack) != depth + 1 or self._documents:
                raise Unclear
            self._stack.pop()
        self._at = after

    def _note_literal(self, end: int) -> None:
        while self._next < len(self._offsets) and self._offsets[self._next] < end:
            self.found[self._offsets[self._next]] = Quote.LITERAL_HEREDOC
            self._next += 1

    def _end_of(self, document: Heredoc) -> tuple[int, int]:
        at, begun = self._at, ""
        while at < len(self.text):
            newline = self.text.find("\n", at)
            end = len(self.text) if newline < 0 else newline
            line = self.text[at:end]
            if not begun and document.is_named_by(line):
                return at, end
            if document.is_ended_by(line) or document.is_ended_by(begun + line):
                raise Unclear
            joined = not document.literal and is_escaped(self.text, at=end)
            begun = (begun + line[:-1])[: len(document.delimiter) + 1] if joined else ""
            at = end + 1
        raise Unclear
