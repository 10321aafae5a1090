"""The errors of rendering, each with the field at fault and what to do about it."""

from app.errors import TemplateError

TEMPLATE_POINTER = "#/templateFunction"


def template_refused(detail: str, *, hint: str | None = None) -> TemplateError:
    """The template itself is at fault."""
    return TemplateError(detail, pointer=TEMPLATE_POINTER, hint=hint)


def variable_refused(name: str, *, detail: str, hint: str | None = None) -> TemplateError:
    """The variable `name` is at fault, by its name or its value."""
    escaped = name.encode("ascii", "backslashreplace").decode().replace("~", "~0").replace("/", "~1")
    return TemplateError(detail, pointer=f"#/variableJson/{escaped}", hint=hint)
