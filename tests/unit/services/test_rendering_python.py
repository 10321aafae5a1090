"""Python templates: values become literals where expressions can stand, and `run` must be there."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.task import Language
from app.services.rendering import render
from app.services.rendering.variables import Value
from tests.hostile_values import HAND_PICKED, hostile_texts
from tests.unit.services.rendering_refusals import TEMPLATE, refusal_of

values = st.one_of(
    hostile_texts,
    st.booleans(),
    st.integers(-(10**50), 10**50),
    st.floats(allow_nan=False, allow_infinity=False),
)
EVERYWHERE = """\
top = {{x}}
also = [{{x}}, {'key': {{x}}}, ({{x}},)]
def run(item, other={{x}}):
    text = str({{x}}) + str({{ x }})
    return [
        top, *also, other, text, {{x}}.__class__.__name__, (lambda: {{x}})(), {{x}} if {{x}} == {{x}} else 0
    ]
"""


def run(template: str, **variables: Value) -> object:
    source = render(template, variables=variables, language=Language.PYTHON).source
    names: dict[str, object] = {}
    exec(compile(source, "<rendered>", "exec"), names)
    function = names["run"]
    assert callable(function)
    return function("item")


def check(value: Value) -> None:
    text = str(value) * 2
    expected = [value, value, {"key": value}, (value,), value, text, type(value).__name__, value, value]
    answer = run(EVERYWHERE, x=value)
    assert answer == expected
    assert repr(answer) == repr(expected)


def test_hand_picked_values_stay_themselves() -> None:
    for value in (
        *HAND_PICKED,
        True,
        False,
        0,
        -1,
        2**70,
        0.0,
        -0.0,
        1e300,
        "os.system('touch X')",
        '"""',
        "'''",
    ):
        check(value)


@given(value=values)
@settings(max_examples=50, deadline=None)
def test_any_value_stays_itself(value: str | float) -> None:
    check(value)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{{n}}**2", 9),
        ("2**{{n}}", 0.125),
        ("1-{{n}}", 4),
        ("-{{n}}", 3),
        ("{{n}}.real", -3),
        ("[4,5,6][{{n}}]", 4),
    ],
)
def test_negative_numbers_keep_their_sign_beside_operators(expression: str, expected: float) -> None:
    assert run(f"def run(item): return {expression}", n=-3) == expected


def test_floats_are_exact() -> None:
    assert run("def run(item): return {{x}}", x=math.pi) == math.pi


@pytest.mark.parametrize(
    "line",
    [
        "a = '{{x}}'",
        'a = "{{x}}"',
        'a = """\n{{x}}\n"""',
        "a = f'{{x}}'",
        "a = f'{ {{x}} }'",
        "a = r'{{x}}'",
        "# {{x}}",
        "a = 1 # {{x}}",
        "{{x}} = 1",
        "a.{{x}} = 1",
        "a = {{x}}a",
        "a = a{{x}}",
        "def {{x}}(): pass",
        "class {{x}}: pass",
        "import {{x}}",
        "del {{x}}",
        "global {{x}}",
        "f({{x}}=1)",
        "for {{x}} in a: pass",
        "a = 'a' {{x}}",
        "lambda {{x}}: 1",
        "({{x}} := 1)",
        "match 1:\n    case {{x}}: pass",
    ],
)
def test_a_placeholder_is_refused_where_no_expression_can_stand(line: str) -> None:
    template = f"def run(item):\n    return item\n{line}\n"
    for value in ("v", "';import os;'"):
        assert refusal_of(template, variables={"x": value}, language=Language.PYTHON).pointer == TEMPLATE


def test_the_refusal_names_placeholder_and_line() -> None:
    refused = refusal_of(
        "def run(item):\n    return 'a {{x}}'", variables={"x": ""}, language=Language.PYTHON
    )
    assert "{{x}} on line 2" in refused.detail
    assert "'some ' + {{ x }}" in (refused.hint or "")


@pytest.mark.parametrize(
    "template",
    [
        "def run(item): pass",
        "def run(item, /): pass",
        "def run(*items): pass",
        "def run(item, more=1, *, key=2, **rest): pass",
        "def run(item=None): pass",
        "run = len",
        "run: object = len",
        "from os.path import basename as run",
        "class run:\n    def __init__(self, item): pass",
        "def run(): pass\ndef run(item): pass",
        "import json\n\n@staticmethod\ndef run(item):\n    return json.loads(item)\n",
    ],
)
def test_run_may_be_defined_in_any_way(template: str) -> None:
    assert render(template, variables={}, language=Language.PYTHON).source == template


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("x = 1", "does not define run"),
        ("def go(item): pass", "does not define run"),
        ("if True:\n    def run(item): pass", "does not define run"),
        ("class A:\n    def run(self): pass", "does not define run"),
        ("run: object", "does not define run"),
        ("async def run(item): pass", "async"),
        ("def run(): pass", "one argument"),
        ("def run(a, b): pass", "one argument"),
        ("def run(*, a): pass", "one argument"),
        ("def run(a, *, b): pass", "one argument"),
        ("def run(item):\n    return (", "line 2: '(' was never closed"),
        ("def run(item):\nreturn 1", "line 2: expected an indented block"),
        ("def run(item): pass\nreturn 1", "line 2: 'return' outside function"),
        ("def run(item):\n    await x", "line 2: 'await' outside async function"),
        ("def run(item): return " + "(" * 300 + ")" * 300, "too many nested parentheses"),
        ("def run(item): return " + "-" * 60000 + "1", "nested too deeply"),
        ("def run(item): return a" + ".b" * 30000, "nested too deeply"),
        ("def run(item): return " + "9" * 5000, "4300 digits"),
    ],
)
def test_what_cannot_be_run_is_refused_with_pythons_own_words(template: str, said: str) -> None:
    refused = refusal_of(template, language=Language.PYTHON)
    assert said in refused.detail
    assert refused.pointer == TEMPLATE


def test_pythons_warnings_are_passed_on_once_each() -> None:
    template = 'def run(item):\n    return "\\d"\n'
    assert render(template, variables={}, language=Language.PYTHON).warnings == (
        "Python, line 2: invalid escape sequence '\\d'",
    )
