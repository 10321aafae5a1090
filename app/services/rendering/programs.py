"""Programs that begin with `#!`: which language's escaping, if any, suits their interpreter."""

import re

from app.models.task import Language

_INTERPRETER = re.compile(rb"#![ \t]*(\S+)(?:[ \t]+(?:-S[ \t]+)?(\S+))?")
_PYTHON = re.compile(rb"python[0-9.]*")
_SHELLS = {b"bash": Language.BASH, b"sh": Language.SH, b"dash": Language.SH}


def language_of_program(code: bytes) -> Language | None:
    """The language of the interpreter on the first line; None when values cannot be escaped for it."""
    line = _INTERPRETER.match(code.split(b"\n", 1)[0])
    if line is None:
        return None
    interpreter = line[1].rpartition(b"/")[2]
    if interpreter == b"env":
        interpreter = (line[2] or b"").rpartition(b"/")[2]
    return Language.PYTHON if _PYTHON.fullmatch(interpreter) else _SHELLS.get(interpreter)
