"""What counts as a placeholder, and what passes through a template unharmed."""

import pytest

from app.models.task import Language
from app.services.rendering import render
from app.services.rendering.variables import Value
from tests.unit.services.rendering_refusals import TEMPLATE, refusal_of


def rendered(template: str, **variables: Value) -> str:
    return render(template, variables=variables, language=Language.BASH).source


def test_a_template_without_variables_is_taken_as_it_is() -> None:
    template = "echo {{x}} ${#a[@]} {% if %} {#c#} {{ unclosed\n"
    answer = render(template, variables={}, language=Language.BASH)
    assert answer.source == template
    assert answer.warnings == (
        "The template has placeholders but the task has no variables: it is taken as it is.",
    )


def test_no_warning_is_given_without_reason() -> None:
    assert render('echo "$1"', variables={}, language=Language.BASH).warnings == ()
    assert render("echo {{x}}", variables={"x": "1"}, language=Language.BASH).warnings == ()


def test_what_other_template_engines_would_take_passes_unharmed() -> None:
    template = "echo ${#a[@]} {% raw %} {#c#} {%- x -%} '# set x = 1' '{# c #}' %} {{x}}"
    assert rendered(template, x="v") == template.replace("{{x}}", "'v'")


def test_all_blanks_and_line_ends_of_the_template_stay() -> None:
    assert rendered("\n\n  echo {{ x }}  \n\n\n", x="v") == "\n\n  echo 'v'  \n\n\n"


@pytest.mark.parametrize("placeholder", ["{{x}}", "{{ x }}", "{{  x}}", "{{\tx\n}}"])
def test_blanks_within_braces_do_not_matter(placeholder: str) -> None:
    assert rendered(f"echo {placeholder}", x="v") == "echo 'v'"


@pytest.mark.parametrize("placeholder", ["{{x|raw}}", "{{ x | raw }}", "{{ x|raw}}"])
def test_raw_inserts_the_value_unescaped(placeholder: str) -> None:
    assert rendered(f"echo {placeholder}", x="$(date) 'a'") == "echo $(date) 'a'"


def test_raw_values_are_read_as_part_of_the_script() -> None:
    assert rendered('echo {{q|raw}}{{x}}"', q='"', x='"') == 'echo "\\""'


def test_placeholders_in_values_are_text() -> None:
    assert rendered("echo {{x}} {{y|raw}}", x="{{y}}", y="'{{x}}'") == "echo '{{y}}' '{{x}}'"


@pytest.mark.parametrize("literal", ["{{ '{{' }}", '{{"{{"}}'])
def test_two_braces_can_be_written(literal: str) -> None:
    assert rendered(f"echo {literal}a}}}} {{{{x}}}}", x="v") == "echo {{a}} 'v'"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (-7, "-7"),
        (1.5, "1.5"),
        (1e22, "1e+22"),
        ("é", "é"),
        ("", ""),
    ],
)
def test_values_that_are_no_strings_become_text(value: Value, text: str) -> None:
    assert rendered("echo {{x}}", x=value) == f"echo '{text}'"


def test_words_that_look_like_our_own_marks_do_no_harm() -> None:
    template = "echo FanfoldHole0x0z FanfoldHole1x {{x}} {{y|raw}}"
    expected = "echo FanfoldHole0x0z FanfoldHole1x 'FanfoldHole2x0z' FanfoldHole2x0z"
    assert rendered(template, x="FanfoldHole2x0z", y="FanfoldHole2x0z") == expected


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    refused = refusal_of("echo a\necho {{ hots }}", variables={"host": "a", "port": 1})
    assert refused.pointer == TEMPLATE
    assert "{{hots}} on line 2" in refused.detail
    assert "host, port" in refused.detail


def test_unused_variables_are_told() -> None:
    answer = render("echo {{b}}", variables={"c": "", "b": "", "a": ""}, language=Language.BASH)
    assert answer.warnings == ("The variable a is not used.", "The variable c is not used.")


@pytest.mark.parametrize(
    "placeholder",
    [
        "{{",
        "{{ x",
        "{{ x }",
        "{{ x.y }}",
        "{{ x[0] }}",
        "{{ x() }}",
        "{{ x|upper }}",
        "{{ x|raw|raw }}",
        "{{ x + 1 }}",
        "{{ 'a' * 99999999 }}",
        "{{ x if x }}",
        "{{- x }}",
        "{{ x -}}",
        "{{+ x }}",
        "{{ }}",
        "{{ 1 }}",
        "{{{x}}}",
        "{{ '\\x41' }}",
        "{{print $1}}",
        "{{ range(9) }}",
        "{{ ''.__class__ }}",
        "{{ self }}{{",
    ],
)
def test_nothing_but_names_can_be_asked_for(placeholder: str) -> None:
    refused = refusal_of(f"echo\necho {placeholder}\n", variables={"x": "v", "self": "s"})
    assert refused.pointer == TEMPLATE
    assert "line 2" in refused.detail
    assert "{{ '{{' }}" in (refused.hint or "")


def test_a_carriage_return_within_a_line_is_refused_where_variables_are() -> None:
    assert "line 2" in refusal_of("echo\necho a\rb {{x}}", variables={"x": ""}).detail


def test_too_many_placeholders_are_refused() -> None:
    assert "more than 500" in refusal_of("echo {{x}}\n" * 501, variables={"x": ""}).detail
