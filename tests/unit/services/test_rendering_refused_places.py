"""Where no value can be made safe, the template is refused with the place, the line and a way out."""

import pytest

from app.models.task import Language
from app.services.rendering import render
from tests.unit.services.rendering_refusals import TEMPLATE, refusal_of

IN_EVERY_SHELL = [
    ("echo `ls {{x}}`", "in backticks"),
    ('echo "`ls {{x}}`"', "in backticks"),
    ("echo a # {{x}}", "in a comment"),
    ("echo $(\n# {{x}}\n)", ""),
    ("if :; then # {{x}}\n:; fi", "in a comment"),
    ("{{x}}=1", "in the name of a variable"),
    ("a{{x}}=1", "in the name of a variable"),
    ("export {{x}}=1", "in the name of a variable"),
    ("for {{x}} in a; do :; done", "in the name of a variable"),
    ("echo ${{x}}", "right after a $"),
    ('echo "${{x}}"', "right after a $"),
    ('echo "$p{{x}}"', "right after the name of the variable p"),
    ("echo $p{{x}}", "right after the name of the variable p"),
    ("cat <<EOF\n${{x}}\nEOF", "right after a $"),
    ("echo ${ {{x}} }", ""),
    ("echo ${{{x}}}", ""),
    ("echo ${a:-{{x}}}", "parameter expansion"),
    ('echo "${a:-{{x}}}"', "parameter expansion"),
    ('echo "${a:-"{{x}}"}"', "parameter expansion"),
    ("echo ${a:-$(echo {{x}})}", "parameter expansion"),
    ("echo ${a#{{x}}}", "in a pattern"),
    ("echo ${a%%{{x}}}", "in a pattern"),
    ("echo \\{{x}}", "right after a backslash"),
    ('echo "\\{{x}}"', "right after a backslash"),
    ('echo "\\\\\\{{x}}"', "right after a backslash"),
    ("cat <<EOF\n\\{{x}}\nEOF", ""),
    ("cat <<EOF\n a \\{{x}}\nEOF", "right after a backslash"),
    ("case a in {{x}}) :;; esac", "in a pattern of case"),
    ("case a in *{{x}}*) :;; esac", "in a pattern of case"),
    ("case a in b|{{x}}) :;; esac", "in a pattern of case"),
    ("{{x}}() { :; }", "in the name of a function"),
    ("cat <<{{x}}\na\n{{x}}\n", ""),
    ("cat <<EOF\n$(echo {{x}})\nEOF", "expansion within a here-document"),
    ("cat <<EOF\n`echo {{x}}`\nEOF", ""),
    ("cat <<EOF\n${a:-{{x}}}\nEOF", "parameter expansion"),
    ("eval {{x}}", "in the arguments of eval"),
    ('eval "echo {{x}}"', "in the arguments of eval"),
    ("command eval {{x}}", "in the arguments of eval"),
    ("e\\val {{x}}", "in the arguments of eval"),
    ('"eval" {{x}}', "in the arguments of eval"),
    ("eval $(echo {{x}})", "in the arguments of eval"),
    ("trap {{x}} EXIT", "in the arguments of trap"),
    ("alias a={{x}}", "in the arguments of alias"),
    ("read {{x}}", "in the arguments of read"),
    ("read -r {{x}} < /dev/null", "in the arguments of read"),
    ("unset {{x}}", "unset command"),
    ("export {{x}}", ""),
    ("export 'a={{x}}'", "in a declaration"),
    ("getopts ab {{x}}", "in the arguments of getopts"),
    ("test -v {{x}}", "name of a variable"),
    ("test {{x}} {{x}}", "name of a variable"),
    ("eval >f {{x}}", "after a redirection"),
    ("cat <f {{x}}", "after a redirection"),
    ("PS4={{x}}", "in the value of PS4"),
    ("BASH_ENV={{x}} sh a", "in the value of BASH_ENV"),
    ("echo $((1{{n}}))", "within a name or number"),
    ("echo $((a{{n}}))", "within a name or number"),
    ("echo 'a' \"{{x}}", ""),
    ("echo {{x}} )", ""),
    ("cat <<A <<B\n{{x}}\nA\n{{x}}\nB\n", ""),
]
IN_BASH = [
    ("[[ a =~ {{x}} ]]", "in a regular expression"),
    ('[[ a =~ "{{x}}" ]]', "in a regular expression"),
    ("[[ a =~ ^({{x}})$ ]]", ""),
    ("[[ a == @({{x}}|b) ]]", "in an extended pattern"),
    ("[[ -v {{x}} ]]", "as the name that -v tests"),
    ('[[ -v "{{x}}" ]]', "as the name that -v tests"),
    ("[[ ! -v {{x}} ]]", "as the name that -v tests"),
    ("[ -v {{x}} ]", "as the name that -v tests"),
    ("[ a = b -a -v {{x}} ]", "as the name that -v tests"),
    ("[ {{x}} {{x}} ]", ""),
    ('echo $"{{x}}"', "quoting is not certain"),
    ("echo $'\\x4{{x}}'", "unfinished escape"),
    ("echo $'\\c{{x}}'", "unfinished escape"),
    ("echo $'\\{{x}}'", "right after a backslash"),
    ("echo ${a/{{x}}/b}", "in a pattern"),
    ("echo ${a/b/{{x}}}", "parameter expansion"),
    ("echo ${a:-{{n}}}", "parameter expansion"),
    ("echo ${a:={{n}}}", "parameter expansion"),
    ("echo ${a:?{{n}}}", "parameter expansion"),
    ("echo ${a:+{{n}}}", "parameter expansion"),
    ("declare {{x}}", ""),
    ("declare {{x}}=1", "in the name of a variable"),
    ("declare -a a={{x}}", "in the declaration of an array"),
    ('declare -a a="{{x}}"', "in the declaration of an array"),
    ('declare a="({{x}})"', "in the declaration of an array"),
    ("declare -n a={{x}}", "a reference to another variable"),
    ("declare -n a; a={{x}}", "a reference to another variable"),
    ("builtin declare a={{x}}", "in the arguments of declare"),
    ("mapfile -C {{x}} a", "in the arguments of mapfile"),
    ("printf -v {{x}} a", "the variable that printf -v sets"),
    ("printf -v{{x}} a", "the variable that printf -v sets"),
    ("compgen -W {{x}}", "in the arguments of compgen"),
    ("enable -f {{x}}", "in the arguments of enable"),
    ("time eval {{x}}", "in the arguments of eval"),
    ("time -p a=1 eval {{x}}", "in the arguments of eval"),
    ("time " * 70 + "eval {{x}}", "after time"),
    ("time a[{{x}}]=1", "in an assignment after time"),
    ("coproc a=1 a[{{n}}]=1", "in an assignment after time"),
    ("function {{x}} { :; }", "in the name of a function"),
    ("echo @({{x}})", ""),
]
IN_SH = [
    ("[[ a = {{x}} ]]", "in [[, which sh does not have"),
    ("cat <<< {{x}}", ""),
    ("a=({{x}})", "an array, which sh does not have"),
    ("a[{{n}}]=1", "an array subscript, which sh does not have"),
    ("(( {{n}} ))", ""),
    ("echo $[{{n}}]", ""),
    ("echo $'{{x}}'", ""),
    ("echo $'a' {{x}}", ""),
    ("echo ${a:{{n}}}", "parameter expansion"),
    ("cat <(echo {{x}})", "a process substitution, which sh does not have"),
    ("for ((i=0;i<{{n}};i++)); do :; done", ""),
]
CASES = [(Language.BASH, *case) for case in IN_EVERY_SHELL + IN_BASH] + [
    (Language.SH, *case) for case in IN_EVERY_SHELL + IN_SH
]


@pytest.mark.parametrize(("language", "template", "place"), CASES)
def test_the_place_is_refused(language: Language, template: str, place: str) -> None:
    refused = refusal_of(template, variables={"x": "v", "n": 1}, language=language)
    assert refused.pointer == TEMPLATE
    assert place in refused.detail
    if place:
        assert "on line " in refused.detail


def test_the_line_is_that_of_the_placeholder_in_the_template() -> None:
    refused = refusal_of("{{x|raw}}\necho\n\necho `{{x}}`", variables={"x": "\n\n\necho"})
    assert "{{x}} on line 4" in refused.detail


def test_the_way_out_that_hints_name_works() -> None:
    refused = refusal_of('echo "${a:-{{x}}}"', variables={"x": "v"})
    assert "value={{x}}" in (refused.hint or "")
    answer = render('value={{x}}\necho "${a:-$value}"', variables={"x": "v"}, language=Language.BASH)
    assert answer.source == "value='v'\necho \"${a:-$value}\""


def test_the_way_out_after_a_name_is_told() -> None:
    refused = refusal_of('echo "$p{{x}}"', variables={"x": "v"})
    assert refused.hint == "Put the name in braces: ${p}{{x}}."


def test_scripts_that_take_the_grammar_minutes_are_refused() -> None:
    assert "pipe signs" in refusal_of("echo {{x}}\n" + "a|" * 30000, variables={"x": ""}).detail
    assert "too long" in refusal_of("echo {{x}}\n" + "<<E\n" * 16000, variables={"x": ""}).detail


def test_very_deep_scripts_are_refused() -> None:
    deep = "( " * 600 + "echo {{x}}" + " )" * 600
    assert "levels deep" in refusal_of(deep, variables={"x": ""}).detail
