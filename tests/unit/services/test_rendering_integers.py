"""Places that shells evaluate take integers, which real shells then compute with, and nothing else."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from app.models.task import Language
from app.services.rendering import render
from app.services.rendering.variables import Value
from tests.real_shell import run_script
from tests.unit.services.rendering_refusals import refusal_of

Computed = Callable[[int], int]

# Each prints a number computed from n.
IN_EVERY_SHELL: Mapping[str, Computed] = {
    "echo $(({{n}} * 2 + 1))": lambda n: n * 2 + 1,
    "echo $((3-{{n}}))": lambda n: 3 - n,
    "echo $(( (1+{{n}})*({{n}}) ))": lambda n: (1 + n) * n,
    'echo "$(({{n}}))"': lambda n: n,
    "a=$((0 - {{n}})); echo $a": lambda n: -n,
    "echo $(( $(echo {{n}}) + 1 ))": lambda n: n + 1,
}
IN_BASH: Mapping[str, Computed] = {
    'echo $(("{{n}}" + 0))': lambda n: n,
    "(( a = {{n}} + 1 )); echo $a": lambda n: n + 1,
    "if (( {{n}} > 0 )); then echo 1; else echo 0; fi": lambda n: int(n > 0),
    "if ! (( {{n}} > 0 )); then echo 0; else echo 1; fi": lambda n: int(n > 0),
    "[[ {{n}} -gt 0 ]] && echo 1 || echo 0": lambda n: int(n > 0),
    "[[ 0 -lt {{n}} && a == a ]] && echo 1 || echo 0": lambda n: int(n > 0),
    '[[ "{{n}}" -gt 0 ]] && echo 1 || echo 0': lambda n: int(n > 0),
    "[[ ! ( x == y ) && ! {{n}} -le 0 ]] && echo 1 || echo 0": lambda n: int(n > 0),
    "a=(); a[{{n}} & 7]=5; echo $(( a[{{n}} & 7] ))": lambda _n: 5,
    "a=([{{n}}*{{n}}]=5); echo ${a[{{n}} * {{n}}]}": lambda _n: 5,
    "let a={{n}}+1; echo $a": lambda n: n + 1,
    'let "a = {{n}} + 1"; echo $a': lambda n: n + 1,
    "let 'a = {{n}} + 1'; echo $a": lambda n: n + 1,
    "echo $[{{n}} + 1]": lambda n: n + 1,
    "a=1234567890; echo ${a:{{n}}}": lambda n: int("1234567890"[n:]),
    "a=1234567890; echo ${a:{{n}}:2}": lambda n: int("1234567890"[n:][:2]),
    "a=1234567890; echo ${a: {{n}} - 1:3}": lambda n: int("1234567890"[n - 1 :][:3]) if n else 0,
    "declare -i a={{n}}; echo $a": lambda n: n,
    "declare -i a; a={{n}}; echo $a": lambda n: n,
    "declare -i a; for a in {{n}}; do echo $a; done": lambda n: n,
    "for ((i = {{n}}; i < {{n}} + 1; i++)); do echo $i; done": lambda n: n,
    "a=({1..{{n}}}); echo ${#a[@]}": lambda n: abs(n - 1) + 1,
    "a=({{ '{' }}{{n}}..1}); echo ${#a[@]}": lambda n: abs(n - 1) + 1,
}
CASES = [(Language.BASH, line) for line in (*IN_EVERY_SHELL, *IN_BASH)] + [
    (Language.SH, line) for line in IN_EVERY_SHELL
]
NO_INTEGERS = (
    "a[$(touch X)]",
    "x",
    "",
    " 1",
    "1 ",
    "+1",
    "01",
    "0x1",
    "1+1",
    "1;",
    "--1",
    "1.0",
    "１",
    "9" * 19,
    "1\n",
)


@pytest.mark.parametrize("language", [Language.BASH, Language.SH])
@pytest.mark.parametrize("n", [0, 5, -5, "7", "-3"])
def test_real_shells_compute_with_the_integer(language: Language, n: int | str, tmp_path: Path) -> None:
    lines = {**IN_EVERY_SHELL, **IN_BASH} if language is Language.BASH else IN_EVERY_SHELL
    template = "".join(f"( {line} ); printf '\\0'\n" for line in lines)
    source = render(template, variables={"n": n}, language=language).source
    ran = run_script(source, language=language, folder=tmp_path / "empty")
    assert [int(text) for text in ran.printed] == [compute(int(n)) for compute in lines.values()]


@pytest.mark.parametrize(("language", "line"), CASES)
def test_nothing_but_an_integer_may_stand_there(language: Language, line: str) -> None:
    for value in NO_INTEGERS:
        refused = refusal_of(line, variables={"n": value}, language=language)
        assert "must be an integer" in refused.detail
        assert refused.pointer == "#/variableJson/n"


@pytest.mark.parametrize("value", [1.0, 1.5, True, False, 2**63, -(2**63) - 1])
def test_other_numbers_and_booleans_are_no_integers(value: Value) -> None:
    assert "must be an integer" in refusal_of("echo $(({{n}}))", variables={"n": value}).detail


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63)])
def test_all_of_64_bits_can_be_used(value: int, tmp_path: Path) -> None:
    source = render("printf '%d\\0' $(({{n}}))", variables={"n": value}, language=Language.BASH).source
    assert run_script(source, language=Language.BASH, folder=tmp_path / "empty").printed == (str(value),)


def test_test_compares_without_evaluating_and_takes_any_text(tmp_path: Path) -> None:
    template = "[ 1 -eq {{x}} ]; test {{x}} -gt 1; printf '%s\\0' {{x}}"
    for language in (Language.BASH, Language.SH):
        source = render(template, variables={"x": "a[$(touch X)]"}, language=language).source
        ran = run_script(source, language=language, folder=tmp_path / "empty")
        assert ran.printed == ("a[$(touch X)]",)
        assert ran.files == ()
