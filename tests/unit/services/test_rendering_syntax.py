"""The shells' own readers have the last word, and are not asked twice."""

from pathlib import Path

import pytest

from app.errors import TemplateError
from app.models.task import Language
from app.services.rendering import check_syntax, is_program, render
from app.services.rendering.verdicts import Verdict, Verdicts
from tests.unit.services.rendering_refusals import TEMPLATE, refusal_of


@pytest.mark.parametrize(
    ("language", "template", "said"),
    [
        (Language.BASH, "echo a\nif x; then\nfi\n", "line 3: syntax error near unexpected token `fi'"),
        (Language.BASH, "echo 'a", "line 1: unexpected EOF while looking for matching `''"),
        (Language.BASH, "echo )", "syntax error near unexpected token `)'"),
        (Language.BASH, "}; touch X; {", "syntax error near unexpected token `}'"),
        (Language.BASH, "for x in a; echo; done", "line 1: syntax error near unexpected token `echo'"),
        (Language.SH, "echo a\nif x; then\nfi\n", '3: Syntax error: "fi" unexpected'),
        (Language.SH, "a=(1 2)", 'Syntax error: "(" unexpected'),
        (Language.SH, "cat <<< a", "Syntax error: redirection unexpected"),
        (Language.SH, "}; touch X; {", 'Syntax error: "}" unexpected'),
    ],
)
def test_syntax_errors_are_told_in_the_shells_own_words(language: Language, template: str, said: str) -> None:
    refused = refusal_of(template, language=language)
    assert said in refused.detail
    assert refused.pointer == TEMPLATE


@pytest.mark.parametrize("language", [Language.BASH, Language.SH])
@pytest.mark.parametrize("template", ["# nothing", "cat <<EOF\na", "echo a\\", "cat <<'}'\na\n"])
def test_what_cannot_be_the_body_of_a_function_is_refused(language: Language, template: str) -> None:
    assert "as the body of a function" in refusal_of(template, language=language).detail


def test_raw_values_are_checked_too() -> None:
    assert "unexpected EOF" in refusal_of("echo {{x|raw}}", variables={"x": "'"}).detail


@pytest.mark.parametrize("language", [Language.BASH, Language.SH])
def test_nothing_of_the_script_is_run(
    language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_syntax('set +n\ntouch X; : "$(touch X)" `touch X`\nexit 3\n', language)
    assert list(tmp_path.iterdir()) == []


def test_the_environment_of_the_scheduler_is_kept_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    startup = tmp_path / "startup"
    startup.write_text(f"touch {tmp_path}/X\n")
    for name in ("BASH_ENV", "ENV"):
        monkeypatch.setenv(name, str(startup))
    monkeypatch.setenv("SHELLOPTS", "xtrace")
    check_syntax("echo kept out\n", Language.BASH)
    check_syntax("echo kept out\n", Language.SH)
    assert list(tmp_path.iterdir()) == [startup]


def test_scripts_that_make_the_shell_itself_fall_over_are_refused() -> None:
    deep = "( " * 30000
    assert "cannot read the template" in refusal_of(deep).detail


def test_a_shell_is_not_asked_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_syntax("echo asked once\n", Language.BASH)
    with pytest.raises(TemplateError) as first:
        check_syntax("echo 'asked once\n", Language.BASH)
    _put_on_path(tmp_path, name="bash", script="#!/bin/sh\nexit 9\n", monkeypatch=monkeypatch)
    assert check_syntax("echo asked once\n", Language.BASH) == ()
    with pytest.raises(TemplateError) as second:
        check_syntax("echo 'asked once\n", Language.BASH)
    assert second.value.detail == first.value.detail
    with pytest.raises(TemplateError, match="status 9"):
        check_syntax("echo asked anew\n", Language.BASH)


def test_a_missing_shell_is_told_and_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        warnings = render("echo ) missing", variables={}, language=Language.SH).warnings
        assert warnings == ("The syntax was not checked: dash is not installed on the scheduler.",)
    assert "Syntax error" in refusal_of("echo ) missing", language=Language.SH).detail


def test_only_the_latest_verdicts_are_kept() -> None:
    verdicts = Verdicts(most_kept=2)
    for source in ("a", "b"):
        verdicts.keep(source, language=Language.BASH, verdict=Verdict(fault=source))
    assert verdicts.get("a", language=Language.BASH) == Verdict(fault="a")
    verdicts.keep("c", language=Language.BASH, verdict=Verdict(fault=None))
    assert verdicts.get("b", language=Language.BASH) is None
    assert verdicts.get("a", language=Language.BASH) == Verdict(fault="a")
    assert verdicts.get("a", language=Language.SH) is None


def _put_on_path(folder: Path, *, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / name
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize("language", list(Language))
def test_programs_are_not_checked(language: Language) -> None:
    source = "#!/usr/bin/perl\nprint 'it (((\n"
    assert is_program(source)
    assert render(source, variables={}, language=language).source == source


@pytest.mark.parametrize(
    ("first_line", "line", "expected"),
    [
        ("#!/bin/bash", "echo {{x}}", "echo 'a b'"),
        ("#!/bin/sh -e", 'echo "{{x}}"', 'echo "a b"'),
        ("#! /usr/bin/env bash", "echo {{x}}", "echo 'a b'"),
        ("#!/usr/bin/env -S dash -e", "echo {{x}}", "echo 'a b'"),
        ("#!/usr/bin/python3.11", "print({{x}})", "print('a b')"),
        ("#!/usr/bin/env python3", "print({{x}})", "print('a b')"),
        ("#!/usr/bin/perl", "print '{{x|raw}}'", "print 'a b'"),
    ],
)
def test_values_in_programs_are_escaped_for_their_interpreter(
    first_line: str, line: str, expected: str
) -> None:
    answer = render(f"{first_line}\n{line}\n", variables={"x": "a b"}, language=Language.BASH)
    assert answer.source == f"{first_line}\n{expected}\n"


@pytest.mark.parametrize(
    "first_line", ["#!/usr/bin/perl", "#!/usr/bin/env", "#!", "#!/usr/bin/env node", "#!/bin/zsh"]
)
def test_values_for_an_unknown_interpreter_are_refused_unless_raw(first_line: str) -> None:
    refused = refusal_of(f"{first_line}\nprint {{{{x}}}}\n", variables={"x": "v"})
    assert "no escaping is known" in refused.detail
    assert "{{x|raw}}" in (refused.hint or "")


def test_the_first_line_of_a_program_takes_no_values() -> None:
    assert "in a comment" in refusal_of("#!/bin/bash {{x}}\necho\n", variables={"x": "-e"}).detail
