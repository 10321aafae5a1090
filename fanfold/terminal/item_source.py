"""Where a task's items come from: arguments, a file or standard input, one a line or between NULs."""

import sys
from collections.abc import Sequence
from typing import BinaryIO

import click


def read_items(arguments: Sequence[str], *, file: BinaryIO | None, null_separated: bool) -> list[str]:
    """The items. Raises UsageError when there is no place to take them from, or one is no text."""
    if arguments and file is not None:
        raise click.UsageError("Give items as arguments or with --arg-file, not both.")
    if arguments:
        return [_checked(argument, number=number) for number, argument in enumerate(arguments, start=1)]
    stream = file or sys.stdin.buffer
    if file is None and stream.isatty():
        raise click.UsageError("No items: give them as arguments, with --arg-file, or on standard input.")
    return _split(stream.read(), separator="\0" if null_separated else "\n")


def _split(data: bytes, *, separator: str) -> list[str]:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return _split_one_by_one(data, separator=separator)
    if separator != "\0" and "\0" in text:
        return _split_one_by_one(data, separator=separator)
    texts = text.split(separator)
    return texts if texts[-1] else texts[:-1]


def _split_one_by_one(data: bytes, *, separator: str) -> list[str]:
    """The same, which tells what item is none."""
    pieces = data.split(separator.encode())
    if not pieces[-1]:
        pieces.pop()
    return [_decoded(piece, number=number) for number, piece in enumerate(pieces, start=1)]


def _decoded(piece: bytes, *, number: int) -> str:
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        raise _no_text(number, repr(piece[:60])) from None
    return _checked(text, number=number)


def _checked(text: str, *, number: int) -> str:
    if "\0" in text:
        raise click.UsageError(f"Item {number} holds a NUL byte. Are the items NUL-separated (--null)?")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise _no_text(number, repr(text[:60]))
    return text


def _no_text(number: int, shown: str) -> click.UsageError:
    return click.UsageError(
        f"Item {number} is not UTF-8: {shown}. Items are text; encode bytes, as base64 say."
    )
