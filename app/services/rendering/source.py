"""Is this text fit to be a template at all: size, characters, line ends."""

from app.services.rendering.refusals import template_refused

MAX_TEMPLATE_BYTES = 64 * 1024
MAX_RENDERED_BYTES = 1024 * 1024
_BYTE_ORDER_MARK = "\ufeff"


def is_program(source: str) -> bool:
    """Whether this is a program of any kind, run by the interpreter that its first line names."""
    return source.startswith("#!")


def clean_source(template: str) -> tuple[str, tuple[str, ...]]:
    """The template with Unix line ends, and warnings. Raises TemplateError for text no shell can read."""
    check_characters(template)
    _check_not_empty(template)
    if len(template.encode()) > MAX_TEMPLATE_BYTES:
        raise template_refused(
            f"The template is larger than {MAX_TEMPLATE_BYTES // 1024} KiB.",
            hint="Put large data in the items or in a file that the workers can read.",
        )
    if "\r\n" not in template:
        return template, ()
    return template.replace("\r\n", "\n"), ("Windows line ends (CRLF) were changed to Unix line ends.",)


def check_rendered(source: str) -> None:
    """Raises TemplateError when the rendered function is empty or too large to send to workers."""
    _check_not_empty(source)
    if len(source.encode()) > MAX_RENDERED_BYTES:
        raise template_refused(
            f"With its variables filled in, the function is larger than {MAX_RENDERED_BYTES // 1024} KiB.",
            hint="Put large data in the items or in a file that the workers can read.",
        )


def check_characters(template: str) -> None:
    """Raises TemplateError for characters that do not reach an interpreter unchanged."""
    if template.startswith(_BYTE_ORDER_MARK):
        raise template_refused(
            "The template begins with a byte order mark (U+FEFF).", hint="Save it as UTF-8 without BOM."
        )
    if "\0" in template:
        line = template.count("\n", 0, template.index("\0")) + 1
        raise template_refused(
            f"The template holds a NUL character on line {line}.",
            hint="No shell can read NUL; write it as an escape, as in printf '\\0'.",
        )
    try:
        template.encode()
    except UnicodeEncodeError as error:
        line = template.count("\n", 0, error.start) + 1
        raise template_refused(
            f"The template holds half a character (a lone surrogate) on line {line}.",
            hint="Send the template as valid UTF-8.",
        ) from error


def _check_not_empty(source: str) -> None:
    if not source.strip():
        raise template_refused(
            "The template is empty.", hint='Write what to do with one item, e.g. echo "$1"'
        )
