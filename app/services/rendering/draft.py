"""A script with holes: raw values are in place, and a harmless word stands where each other value goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.services.rendering.placeholders import Literal, Piece
from app.services.rendering.refusals import template_refused
from app.services.rendering.source import MAX_RENDERED_BYTES, check_characters
from app.services.rendering.variables import Value, text_of

HOLE_STEM = "FanfoldHole"
_MOST_HOLES = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A stretch of a script, as offsets in its UTF-8 bytes."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Hole:
    """The place of one value; `line` is the placeholder's line in the template."""

    name: str
    line: int
    span: Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A script in UTF-8 whose holes are filled by words that are identifiers in every language."""

    code: bytes
    holes: tuple[Hole, ...]

    def word(self, index: int) -> str:
        """The harmless word that stands in the hole of this index."""
        span = self.holes[index].span
        return self.code[span.start : span.end].decode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """The script with its values in place, and where each of them lies."""

    code: bytes
    spans: tuple[Span, ...]


def make_draft(pieces: Sequence[Piece], *, variables: Mapping[str, Value]) -> Draft:
    """Raw values are inserted here, so that all that follows sees the script as it will be."""
    stem = _unused_word(pieces, variables=variables)
    code = bytearray()
    holes: list[Hole] = []
    for piece in pieces:
        if isinstance(piece, Literal):
            code += piece.text.encode()
        elif piece.raw:
            code += text_of(variables[piece.name]).encode()
        else:
            _check_count(len(holes))
            start = len(code)
            code += f"{stem}{len(holes)}z".encode()
            holes.append(Hole(name=piece.name, line=piece.line, span=Span(start=start, end=len(code))))
        _check_size(len(code))
    check_characters(code.decode())
    return Draft(code=bytes(code), holes=tuple(holes))


def fill(draft: Draft, *, text_for: Callable[[int], str]) -> Filled:
    """The draft with `text_for(i)` in its i-th hole."""
    code = bytearray()
    spans: list[Span] = []
    copied = 0
    for index, hole in enumerate(draft.holes):
        code += draft.code[copied : hole.span.start]
        start = len(code)
        code += text_for(index).encode()
        spans.append(Span(start=start, end=len(code)))
        copied = hole.span.end
        _check_size(len(code))
    code += draft.code[copied:]
    _check_size(len(code))
    return Filled(code=bytes(code), spans=tuple(spans))


def _unused_word(pieces: Sequence[Piece], *, variables: Mapping[str, Value]) -> str:
    texts = {piece.text for piece in pieces if isinstance(piece, Literal)}
    texts |= {
        text_of(variables[piece.name]) for piece in pieces if not isinstance(piece, Literal) and piece.raw
    }
    attempt = 0
    while any(f"{HOLE_STEM}{attempt}x" in text for text in texts):
        attempt += 1
    return f"{HOLE_STEM}{attempt}x"


def _check_count(holes: int) -> None:
    if holes >= _MOST_HOLES:
        raise template_refused(
            f"The template has more than {_MOST_HOLES} placeholders.",
            hint="Set a variable to the value once, and use that.",
        )


def _check_size(size_bytes: int) -> None:
    if size_bytes > MAX_RENDERED_BYTES:
        raise template_refused(
            f"With its variables filled in, the function is larger than {MAX_RENDERED_BYTES // 1024} KiB.",
            hint="Put large data in the items or in a file that the workers can read.",
        )
