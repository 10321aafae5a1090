"""No template that is accepted lets a value run anything, however oddly its quotes are nested."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import TemplateError
from app.models.task import Language
from app.services.rendering import render
from tests.real_shell import run_script

# Harmless by themselves in any order and nesting: whatever makes the file X comes from the value.
PIECES = (
    "{{x}}", " {{x}} ", '"{{x}}"', "'{{x}}'", "$'{{x}}'", "{{x}}", '"', "'", "`", "$(", ")", '"$(', ')"',
    "$((", "))", "((", "${a:-", "${a#", "${a[", "]}", "}", "[[ ", " ]]", "[ ", " ]", " == ", " -eq ",
    " =~ ", " && ", "; ", "\n", "echo ", ": ", "a=", "a=(", "a[", "]=", "case a in ", " in ", "a) ", ";; ",
    " esac", "if ", " then ", " fi", "{ ", "; }", "( ", " )", "<<EOF\n", "<<'EOF'\n", "<<-EOF\n", "\nEOF\n",
    "<<< ", "\\", "$", "#", " # ", "$'", '$"', "declare ", "declare -i a=", "local a=", "let ",
    "printf %s ", "printf ", "test ", "-v ", "read ", "-n ", "!", "~", "{", ",", "..", "*", "?", "$[", "]",
    "1", "+", "=", "<(", "@(", "|", "for i in ", "; do ", "; done", "\t", " ",
)  # fmt: skip
WRAPPED = (
    "echo {}", 'echo "{}"', "echo '{}'", "echo $({})", 'echo "$({})"', "echo `{}`", "echo $(({}))",
    "echo ${{a:-{}}}", 'echo "${{a:-{}}}"', "[[ {} ]]", "[ {} ]", "(( {} ))", "a={}", "a=({})",
    "case {} in *) :;; esac", "( {} )", "cat <<EOF\n{}\nEOF\n", "cat <<'EOF'\n{}\nEOF\n",
    "if {}; then :; fi", "{{ {}; }}", "for i in {}; do :; done", "echo {} # it's", 'echo \\"{}',
    "f() {{ {}; }}; f", "echo ${{a#'}}'}} {}", 'echo "a\\"" {}', "cat <({})", "echo $'\\'' {}",
    "x=$(case a in a) {};; esac)", "((1)) && {}", "{} 2>&1", "echo $[1] {}", ": <<< {}",
)  # fmt: skip
VALUES = (
    "$(touch X)", "`touch X`", "a[$(touch X)]", ";touch X;", "\ntouch X\n", "';touch X;'", '";touch X;"',
    "\\", '\'"\'"\';touch X;\'', ")\ntouch X\n", "\nEOF\ntouch X\n", "EOF)\ntouch X\n", "\\$(touch X)",
    "\\`touch X`", "${a[$(touch X)]}", "-va[$(touch X)]", "[$(touch X)]=1", "($(touch X))", "touch X", "5",
    "x\\", "#", "}; touch X; {",
)  # fmt: skip


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    wrapped = st.tuples(st.sampled_from(WRAPPED), inner).map(lambda pair: pair[0].format(pair[1]))
    return wrapped | st.lists(inner, min_size=2, max_size=3).map("; ".join) | st.lists(inner).map("\n".join)


soups = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)
templates = st.recursive(st.just("{{x}}") | st.sampled_from(PIECES) | soups, nested, max_leaves=5)


@pytest.mark.parametrize("language", [Language.BASH, Language.SH])
@given(template=templates, values=st.lists(st.sampled_from(VALUES), min_size=1, max_size=3))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)
def test_no_value_runs_anything(language: Language, tmp_path: Path, template: str, values: list[str]) -> None:
    for value in values:
        try:
            source = render(template, variables={"x": value}, language=language).source
        except TemplateError:
            continue
        ran = run_script(source, language=language, folder=tmp_path / "empty")
        assert "X" not in ran.files, source
