"""Which texts can be templates at all."""

import pytest

from app.models.task import Language
from app.services.rendering import render
from tests.unit.services.rendering_refusals import TEMPLATE, refusal_of


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("", "is empty"),
        (" \n\t\n", "is empty"),
        ("\ufeffecho", "byte order mark"),
        ("echo\necho \0", "NUL character on line 2"),
        ("echo\n\necho \ud800", "surrogate) on line 3"),
        ("#" * 65537, "larger than 64 KiB"),
        ("é" * 32769, "larger than 64 KiB"),
    ],
)
@pytest.mark.parametrize("variables", [{}, {"x": "v"}])
def test_texts_that_no_interpreter_can_read_are_refused(
    template: str, said: str, variables: dict[str, str]
) -> None:
    refused = refusal_of(template, variables=variables)
    assert said in refused.detail
    assert refused.pointer == TEMPLATE


def test_the_largest_template_is_accepted() -> None:
    template = "echo\n#" + "a" * (65536 - 6)
    assert render(template, variables={}, language=Language.BASH).source == template


@pytest.mark.parametrize("variables", [{}, {"x": "v"}])
def test_windows_line_ends_are_changed_with_a_warning(variables: dict[str, str]) -> None:
    answer = render("echo a\r\necho b\r\n", variables=variables, language=Language.BASH)
    assert answer.source == "echo a\necho b\n"
    assert answer.warnings[0] == "Windows line ends (CRLF) were changed to Unix line ends."


@pytest.mark.parametrize("placeholder", ["{{x}}", "{{x|raw}}"])
def test_the_rendered_function_has_a_largest_size(placeholder: str) -> None:
    refused = refusal_of(f"echo {placeholder}\n" * 17, variables={"x": "a" * 65536})
    assert "larger than 1024 KiB" in refused.detail


def test_a_template_that_renders_to_nothing_is_refused() -> None:
    assert "is empty" in refusal_of("{{x|raw}}", variables={"x": " "}).detail
