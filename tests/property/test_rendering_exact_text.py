"""Whatever a value is, real shells see exactly its text, wherever a template lets it stand."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models.task import Language
from app.services.rendering import render
from tests.hostile_values import HAND_PICKED, hostile_texts
from tests.real_shell import run_script

Expected = Callable[[str], list[str]]


def once(value: str) -> list[str]:
    return [value]


def twice(value: str) -> list[str]:
    return [value, value]


# Each line prints what it was given, a NUL after each text.
ANYWHERE: Mapping[str, Expected] = {
    "p {{x}}": once,
    'p "{{x}}"': once,
    "p '{{x}}'": once,
    'p {{x}} "{{x}}"': twice,
    "p pre{{x}}post": lambda x: [f"pre{x}post"],
    "p {{x}}{{x}}": lambda x: [x + x],
    'p "{{x}}{{x}}"': lambda x: [x + x],
    "p '{{x}}{{x}}'": lambda x: [x + x],
    "p a\"{{x}}\"'{{x}}'{{x}}": lambda x: [f"a{x}{x}{x}"],
    'p "it\'s {{x}}, \\"{{x}}\\" \\\\"': lambda x: [f'it\'s {x}, "{x}" \\'],
    "p '\"{{x}}\"'": lambda x: [f'"{x}"'],
    'p "\\${{x}}"': lambda x: [f"${x}"],
    "p ~{{x}}": lambda x: [f"~{x}"],
    "p -- {{x}}": lambda x: ["--", x],
    "p \\\n  {{x}}": once,
    'p "${HOME:+}{{x}}$((1 + 1))"': lambda x: [f"{x}2"],
    'p "`echo a`{{x}}"': lambda x: [f"a{x}"],
    'v={{x}}; p "$v"': once,
    'v="{{x}}"; p "$v"': once,
    "v='{{x}}'; p \"$v\"": once,
    'v=a{{x}}"{{x}}"; p "$v"': lambda x: [f"a{x}{x}"],
    'f() { p "$1" {{x}}; }; f {{x}}': twice,
    'for i in {{x}} "{{x}}"; do p "$i"; done': twice,
    'case {{x}} in "{{x}}") p {{x}};; *) p wrong;; esac': once,
    "case \"{{x}}\" in '{{x}}') p {{x}};; *) p wrong;; esac": once,
    'case "a{{x}}b" in a*"{{x}}"*) p {{x}};; *) p wrong;; esac': once,
    "case a in a) p {{x}};; esac": once,
    'if [ {{x}} = "{{x}}" ]; then p {{x}}; else p wrong; fi': once,
    'if test "{{x}}" = {{x}}; then p {{x}}; else p wrong; fi': once,
    "( p {{x}} ); { p {{x}}; }": twice,
    "p {{x}} | cat": once,
    "true && p {{x}} || p wrong": once,
    "while :; do p {{x}}; break; done": once,
    "until false; do p {{x}}; break; done": once,
    'v={{x}} sh -c \'printf "%s\\\\0" "$v"\'': once,
    'sh -c \'printf "%s\\\\0" "$1"\' sh {{x}}': once,
    'env v={{x}} sh -c \'printf "%s\\\\0" "$v"\'': once,
    'set -- {{x}} "{{x}}"; p "$@"': twice,
    "readonly v$((${#n} + 1)) 2>/dev/null; p {{x}}": once,
    "p {{x}} 2>/dev/null": once,
}
DOCUMENTS: Mapping[str, Expected] = {
    "cat <<EOF\n{{x}}\nEOF\np": lambda x: [f"{x}\n"],
    "cat <<EOF\n\"{{x}}\" '{{x}}' ${HOME:+} \\$ \\\\\nEOF\np": lambda x: [f"\"{x}\" '{x}'  $ \\\n"],
    "cat <<'EOF'\n{{x}} $HOME `touch X` {{x}}\nEOF\np": lambda x: [f"{x} $HOME `touch X` {x}\n"],
    "cat <<\\EOF\n<{{x}}>\nEOF\np": lambda x: [f"<{x}>\n"],
    "cat <<-EOF\n\t<{{x}}>\n\tEOF\np": lambda x: [f"<{x}>\n"],
    'p "$(cat <<EOF\n<{{x}}>\nEOF\n)"': lambda x: [f"<{x}>"],
    "p \"$(cat <<'EOF'\n<{{x}}>\nEOF\n)\"": lambda x: [f"<{x}>"],
    "cat <<EOF | cat\n<{{x}}>\nEOF\np; p {{x}}": lambda x: [f"<{x}>\n", x],
}
SUBSTITUTIONS: Mapping[str, Expected] = {
    "p \"$(printf '%s.' {{x}})\"": lambda x: [f"{x}."],
    'p "$(printf \'%s.\' "{{x}}")"': lambda x: [f"{x}."],
    "p \"$(printf '%s.' '{{x}}')\"": lambda x: [f"{x}."],
    'p "$(printf \'%s.\' "$(printf \'%s\' "{{x}}.")")"': lambda x: [f"{x}.."],
}
BASH_PICKY: Mapping[str, Expected] = {
    'a=({{x}} "{{x}}" [7]={{x}}); p "${a[@]}"': lambda x: [x, x, x],
    'b=(); b+=({{x}}); b[3]={{x}}; p "${b[@]}"': twice,
    'declare v={{x}}; p "$v"': once,
    'f() { local v="{{x}}"; p "$v"; }; f': once,
    "export v='{{x}}'; sh -c 'printf \"%s\\0\" \"$v\"'": once,
    'declare -a l=({{x}} "{{x}}" [3]={{x}}); p "${l[@]}"': lambda x: [x, x, x],
}
BASH_ANYWHERE: Mapping[str, Expected] = {
    "p $'{{x}}'": once,
    "p $'a\\n{{x}}\\'{{x}}\\\\.'": lambda x: [f"a\n{x}'{x}\\."],
    '[[ {{x}} == "{{x}}" && {{x}} == "{{x}}" ]] && p {{x}}': once,
    "[[ {{x}} == {{x}} ]] && p {{x}}": once,
    "[[ a{{x}}b == *{{x}}* ]] && p {{x}}": once,
    '[[ -n {{x}} || -z "{{x}}" ]] && p {{x}}': once,
    "[[ ! ( {{x}} != {{x}} ) ]] && p {{x}}": once,
    "IFS= read -r -d '' v <<< {{x}}; p \"$v\"": lambda x: [f"{x}\n"],
    'IFS= read -r -d \'\' v <<< "{{x}}"; p "$v"': lambda x: [f"{x}\n"],
    "cat <(printf '%s\\0' {{x}})": once,
    "p {a,{{x}}}": lambda x: ["a", x],
    'printf -v v %s. {{x}}; p "$v"': lambda x: [f"{x}."],
    "for ((i = 0; i < 1; i++)); do p {{x}}; done": once,
    "(( 1 )) && p {{x}}": once,
    "p {{x}} |& cat": once,
    "p {{x}} &> >(cat) | cat": once,
}
PROLOGUE = {
    Language.BASH: "p() { printf '%s\\0' \"$@\"; }\n",
    Language.SH: "p() { for w; do printf '%s\\0' \"$w\"; done; [ $# -gt 0 ] || printf '\\0'; }\n",
}
ANY_VALUE = {Language.BASH: {**ANYWHERE, **BASH_ANYWHERE}, Language.SH: ANYWHERE}
PICKY = {
    Language.BASH: {**DOCUMENTS, **SUBSTITUTIONS, **BASH_PICKY},
    Language.SH: {**DOCUMENTS, **SUBSTITUTIONS},
}
BOTH = pytest.mark.parametrize("language", [Language.BASH, Language.SH])
FEW = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    print_blob=True,
)


def check(values: Sequence[str], *, lines: Mapping[str, Expected], language: Language, folder: Path) -> None:
    """Put each value in each line, all in one script, and compare what a real shell prints."""
    variables = {f"x{number}": value for number, value in enumerate(values)}
    template = PROLOGUE[language] + "".join(
        line.replace("{{x}}", f"{{{{{name}}}}}") + "\n" for name in variables for line in lines
    )
    rendered = render(template, variables=variables, language=language)
    ran = run_script(rendered.source, language=language, folder=folder)
    assert ran.files == ()
    expected = [text for value in values for expect in lines.values() for text in expect(value)]
    assert list(ran.printed) == expected, ran.complaints


def is_refused_somewhere(value: str) -> bool:
    """Whether the picky places may refuse this value rather than change it."""
    ends_document = any(line.strip("\t").startswith("EOF") for line in value.split("\n"))
    return ends_document or value.startswith(("-", "(")) or bool(re.search(r"[\x01\x7f]|(?:\A|\n)\t", value))


@BOTH
def test_hand_picked_values_stay_exact_text_anywhere(language: Language, tmp_path: Path) -> None:
    for some in batched(HAND_PICKED, size=5):
        check(some, lines=ANY_VALUE[language], language=language, folder=tmp_path / "empty")


@BOTH
def test_hand_picked_values_stay_exact_text_in_picky_places(language: Language, tmp_path: Path) -> None:
    for some in batched([value for value in HAND_PICKED if not is_refused_somewhere(value)], size=12):
        check(some, lines=PICKY[language], language=language, folder=tmp_path / "empty")


@BOTH
@given(values=st.lists(hostile_texts, min_size=1, max_size=5))
@FEW
def test_any_values_stay_exact_text_anywhere(language: Language, tmp_path: Path, values: list[str]) -> None:
    check(values, lines=ANY_VALUE[language], language=language, folder=tmp_path / "empty")


@BOTH
@given(
    values=st.lists(hostile_texts.filter(lambda text: not is_refused_somewhere(text)), min_size=1, max_size=5)
)
@FEW
def test_any_values_stay_exact_text_in_picky_places(
    language: Language, tmp_path: Path, values: list[str]
) -> None:
    check(values, lines=PICKY[language], language=language, folder=tmp_path / "empty")


def batched(values: Sequence[str], *, size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
