"""Asks the language's own reader whether it accepts a source, without running any of it."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import lru_cache

from app.models.task import Language
from app.services.rendering.python_source import check_python
from app.services.rendering.refusals import template_refused
from app.services.rendering.source import is_program
from app.services.rendering.verdicts import Verdict, Verdicts

_TIME_LIMIT_SECONDS = 10.0
_MOST_SAID = 2000
_COMMANDS = {Language.BASH: ("bash", "--noprofile", "--norc", "-n"), Language.SH: ("dash", "-n")}
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
_HINT = "Try it at home: save the template and run {command} FILE."


def check_syntax(source: str, language: Language) -> tuple[str, ...]:
    """Warnings about the source. Raises TemplateError with the reader's own message and line.

    A shell function is read twice: alone, and as the body of a function, which is how workers run it.
    Programs (`#!`) are not checked. Verdicts on shell sources are remembered by hash.
    """
    if is_program(source):
        return ()
    if language is Language.PYTHON:
        return check_python(source)
    command = _COMMANDS[language]
    verdict = _verdicts().get(source, language=language)
    if verdict is None:
        program = shutil.which(command[0])
        if program is None:
            return (f"The syntax was not checked: {command[0]} is not installed on the scheduler.",)
        verdict = Verdict(fault=_fault(source, program=program, command=command))
        _verdicts().keep(source, language=language, verdict=verdict)
    if verdict.fault is not None:
        raise template_refused(verdict.fault, hint=_HINT.format(command=" ".join(command)))
    return ()


@lru_cache(maxsize=1)
def _verdicts() -> Verdicts:
    return Verdicts()


def _fault(source: str, *, program: str, command: Sequence[str]) -> str | None:
    alone = _read(source, program=program, command=command)
    if alone is not None:
        return f"{command[0]} cannot read the template: {alone}"
    if _read(f"f() {{\n{source}\n}}\n", program=program, command=command) is None:
        return None
    return (
        f"{command[0]} cannot read the template as the body of a function: it has no command, or it ends "
        "within something (a here-document without its delimiter, a last backslash)."
    )


def _read(source: str, *, program: str, command: Sequence[str]) -> str | None:
    with tempfile.TemporaryFile() as script:  # a file, for shells read pipes byte by byte
        script.write(source.encode())
        script.seek(0)
        try:
            done = subprocess.run(
                command,
                executable=program,
                stdin=script,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_ENVIRONMENT,
                timeout=_TIME_LIMIT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it took more than {_TIME_LIMIT_SECONDS:.0f} seconds"
    if done.returncode == 0:
        return None
    said = done.stderr[:_MOST_SAID].decode(errors="replace").strip()
    return said or f"it ended with status {done.returncode}"
