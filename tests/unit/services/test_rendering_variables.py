"""Which names and values variables may have, and which values some places refuse."""

import math

import pytest

from app.models.task import Language
from app.services.rendering import render
from tests.unit.services.rendering_refusals import TEMPLATE, refusal_of


@pytest.mark.parametrize("name", ["a", "_", "A9_", "a" * 64, "raw", "true", "None", "class", "self", "loop"])
def test_ordinary_names_are_accepted(name: str) -> None:
    answer = render(f"echo {{{{{name}}}}}", variables={name: "v"}, language=Language.BASH)
    assert answer.source == "echo 'v'"


@pytest.mark.parametrize(
    "name", ["", "1a", "a-b", "a.b", "a b", "é", "a" * 65, "a\n", "a/b~c", "\ud800", "$x"]
)
def test_odd_names_are_refused(name: str) -> None:
    refused = refusal_of("echo", variables={name: "v"})
    assert "cannot be the name" in refused.detail
    assert (refused.pointer or "").startswith("#/variableJson/")
    assert (refused.pointer or "").isascii()


@pytest.mark.parametrize(
    "name", ["PATH", "IFS", "ENV", "LD_PRELOAD", "BASH_ENV", "BASH_FUNC_ls", "FANFOLD_SLOT", "PS4"]
)
def test_reserved_names_are_refused(name: str) -> None:
    refused = refusal_of("echo", variables={name: "v"})
    assert refused.detail == f"The variable name {name} is reserved."
    assert refused.pointer == f"#/variableJson/{name}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a\0b", "NUL"),
        ("\udc80", "surrogate"),
        ("a" * 65537, "64 KiB"),
        (math.nan, "finite"),
        (-math.inf, "finite"),
        (10**400, "400 digits"),
    ],
)
@pytest.mark.parametrize("template", ["echo {{x}}", "echo {{x|raw}}", "echo"])
def test_values_that_cannot_be_passed_on_are_refused(value: str | float, said: str, template: str) -> None:
    refused = refusal_of(template, variables={"x": value})
    assert said in refused.detail
    assert refused.pointer == "#/variableJson/x"


def test_there_is_a_largest_number_of_variables() -> None:
    assert "256" in refusal_of("echo", variables={f"v{n}": "" for n in range(257)}).detail


@pytest.mark.parametrize(
    ("template", "value", "said"),
    [
        ("cat <<EOF\n{{x}}\nEOF\n", "EOF", "would end the here-document on line 2"),
        ("cat <<EOF\n{{x}}\nEOF\n", "a\nEOF\ntouch X", "would end the here-document"),
        ("cat <<EOF\n{{x}}F\nEOF\n", "a\nEO", "would end the here-document"),
        ("cat <<'END OF'\n{{x}}\nEND OF\n", "END OF", "a line END OF"),
        ("cat <<-EOF\n\t{{x}}\n\tEOF\n", "EOF", "would end the here-document"),
        ("x=$(cat <<EOF\n{{x}}\nEOF\n)\n", "EOF) touch X", "would end the here-document"),
        ("cat <<-EOF\n\t{{x}}\n\tEOF\n", "a\n\tb", "begins with a tab"),
        ("cat <<-EOF\n{{x}}\n\tEOF\n", "\tb", "begins with a tab"),
        ("printf {{x}} a", "-va[$(touch X)]", "begins with -"),
        ('printf "{{x}}\\n" a', "-", "begins with -"),
        ("printf -v a {{x}}", "-vb", "begins with -"),
        ("declare a={{x}}", "($(touch X))", "begins with ("),
        ('local a="{{x}}"', "(", "begins with ("),
        ("a=({{x}})", "\x01", "control character"),
        ('echo "$(echo {{x}})"', "\x7f", "control character"),
    ],
)
def test_a_value_that_its_place_would_not_leave_alone_is_refused(
    template: str, value: str, said: str
) -> None:
    refused = refusal_of(template, variables={"x": value})
    assert said in refused.detail
    assert refused.pointer == "#/variableJson/x"


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("cat <<EOF\n{{x}}\nEOF\n", "EOF2\n EOF\nEO\n"),
        ("cat <<EOF\n{{x}}.\nEOF\n", "EOF"),
        ("printf '%s' {{x}}", "-v"),
        ("printf -- {{x}}", "-v"),
        ('printf "a{{x}}"', "-v"),
        ("declare a=b{{x}}", "(c)"),
        ("a={{x}}", "(c)"),
    ],
)
def test_a_value_that_its_place_leaves_alone_is_accepted(template: str, value: str) -> None:
    assert render(template, variables={"x": value}, language=Language.BASH).warnings == ()


def test_a_name_that_is_not_used_is_still_checked() -> None:
    assert refusal_of("echo", variables={"x": "\0"}).pointer == "#/variableJson/x"
    assert refusal_of("", variables={"x": "\0"}).pointer == TEMPLATE
