"""Which names and values a task's variables may have, and the text that each value becomes."""

import math
import re
from collections.abc import Mapping

from app.services.rendering.refusals import template_refused, variable_refused

Value = str | int | float | bool

MAX_VARIABLES = 256
MAX_VALUE_BYTES = 64 * 1024
_MAX_INTEGER = 10**400
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_RESERVED_NAMES = frozenset(
    {"PATH", "IFS", "ENV", "CDPATH", "GLOBIGNORE", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND"}
)
_RESERVED_PREFIXES = ("LD_", "DYLD_", "BASH_", "FANFOLD_")


def check_variables(variables: Mapping[str, Value]) -> None:
    """Raises TemplateError at the first variable whose name or value cannot be used."""
    if len(variables) > MAX_VARIABLES:
        raise template_refused(
            f"The task has {len(variables)} variables; {MAX_VARIABLES} is the most.",
            hint="What differs from item to item belongs in the items.",
        )
    for name, value in variables.items():
        _check_name(name)
        _check_value(name, value=value)


def text_of(value: Value) -> str:
    """The text that stands in a script for this value: booleans as true and false, numbers in decimal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise variable_refused(
            name,
            detail=f"{name!a} cannot be the name of a variable.",
            hint="A name has letters, digits and _, begins with no digit and is at most 64 characters long.",
        )
    if name in _RESERVED_NAMES or name.startswith(_RESERVED_PREFIXES):
        raise variable_refused(
            name,
            detail=f"The variable name {name} is reserved.",
            hint="Names that steer shells and loaders are kept free of surprises; choose another.",
        )


def _check_value(name: str, *, value: Value) -> None:
    if isinstance(value, str):
        _check_text(name, text=value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise variable_refused(
            name, detail=f"The variable {name} is not a finite number.", hint="Send it as a string."
        )
    elif isinstance(value, int) and abs(value) >= _MAX_INTEGER:
        raise variable_refused(
            name, detail=f"The variable {name} has more than 400 digits.", hint="Send it as a string."
        )


def _check_text(name: str, *, text: str) -> None:
    if "\0" in text:
        raise variable_refused(
            name,
            detail=f"The variable {name} holds a NUL character.",
            hint="No argument of a program can hold NUL; send such data encoded, e.g. as base64.",
        )
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise variable_refused(
            name,
            detail=f"The variable {name} holds half a character (a lone surrogate).",
            hint="Send valid Unicode text.",
        ) from error
    if size > MAX_VALUE_BYTES:
        raise variable_refused(
            name,
            detail=f"The variable {name} is larger than {MAX_VALUE_BYTES // 1024} KiB.",
            hint="Put large data in the items or in a file that the workers can read.",
        )
