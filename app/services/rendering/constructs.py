"""What each construct of the shell asks of a value that stands within it; what is not listed is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.models.task import Language
from app.services.rendering.assignments import (
    Declared,
    judge_assignment,
    judge_declaration,
    judge_variable,
)
from app.services.rendering.bash_tree import Step, text_of_node
from app.services.rendering.commands import judge_command
from app.services.rendering.contexts import (
    FINE,
    GARBLED_BY_BASH,
    ONLY_INTEGERS,
    ONLY_INTEGERS_IN_SUM,
    Demand,
    refusal,
)
from app.services.rendering.draft import HOLE_STEM, Hole

_TRANSPARENT = frozenset(
    {
        "program", "command_name", "redirected_statement", "concatenation", "string", "list", "pipeline",
        "subshell", "if_statement", "elif_clause", "else_clause", "while_statement", "do_group",
        "case_statement", "negated_command", "variable_assignments", "herestring_redirect",
        "heredoc_redirect", "ternary_expression", "postfix_expression", "parenthesized_expression",
    }
)  # fmt: skip
_INTEGER_TESTS = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_NAME_TESTS = frozenset({"-v", "-R"})
_PATTERN_HINT = 'To match exactly this text, quote it: "{{{{{name}}}}}".'
_NOT_IN_SH = {
    "array": "an array",
    "herestring_redirect": "a here-string",
    "process_substitution": "a process substitution",
    "subscript": "an array subscript",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A construct, the part of it that holds the hole, and the `[` or `[[` round both, if there is one."""

    step: Step
    brackets: str
    hole: Hole
    language: Language
    declared: Declared

    @property
    def opening(self) -> str:
        return text_of_node(self.step.construct.children[0])


def judge(place: Place) -> Demand:
    """Raises TemplateError where no value can be made safe."""
    kind = place.step.construct.type
    if place.language is Language.SH and kind in _NOT_IN_SH:
        raise refusal(place.hole, place=f"in {_NOT_IN_SH[kind]}, which sh does not have")
    if kind in _TRANSPARENT:
        return FINE
    rule = _RULES.get(kind)
    if rule is None:
        raise refusal(place.hole, place=f"in a place of its own kind ({kind.replace('_', ' ')})")
    return rule(place)


def _command(place: Place) -> Demand:
    return judge_command(place.step, hole=place.hole)


def _assignment(place: Place) -> Demand:
    return judge_assignment(place.step, hole=place.hole, declared=place.declared)


def _declaration(place: Place) -> Demand:
    return judge_declaration(place.step, hole=place.hole, declared=place.declared)


def _for(place: Place) -> Demand:
    if place.step.role != "value":
        return FINE
    variable = place.step.construct.child_by_field_name("variable")
    return judge_variable(
        text_of_node(variable) if variable else "", hole=place.hole, declared=place.declared
    )


def _counting_for(place: Place) -> Demand:
    return FINE if place.step.role == "body" else ONLY_INTEGERS_IN_SUM


def _braces(place: Place) -> Demand:
    if place.opening != "((":
        return FINE
    return _sum(place)


def _sum(place: Place) -> Demand:
    if place.language is Language.SH and place.opening != "$((":
        raise refusal(place.hole, place=f"in {place.opening}, which sh does not have")
    return ONLY_INTEGERS_IN_SUM


def _test(place: Place) -> Demand:
    if place.language is Language.SH and place.opening != "[":
        raise refusal(place.hole, place=f"in {place.opening}, which sh does not have")
    return ONLY_INTEGERS_IN_SUM if place.opening == "((" else FINE


def _binary(place: Place) -> Demand:
    operator = place.step.construct.child_by_field_name("operator")
    sign = text_of_node(operator) if operator else ""
    if sign == "=~" and place.step.role == "right":
        raise refusal(
            place.hole,
            place="in a regular expression",
            hint='To look for the text, use == *"{{{{{name}}}}}"*.',
        )
    if place.step.part.type == "extglob_pattern" and "(" in text_of_node(place.step.part):
        raise refusal(place.hole, place="in an extended pattern", hint=_PATTERN_HINT)
    return ONLY_INTEGERS if sign in _INTEGER_TESTS and place.brackets != "[" else FINE


def _unary(place: Place) -> Demand:
    operator = place.step.construct.child_by_field_name("operator")
    if operator is not None and text_of_node(operator) in _NAME_TESTS:
        raise refusal(place.hole, place=f"as the name that {text_of_node(operator)} tests")
    return FINE


def _case_item(place: Place) -> Demand:
    if place.step.role == "value" and place.step.part.type not in {"string", "raw_string", "ansi_c_string"}:
        raise refusal(place.hole, place="in a pattern of case", hint=_PATTERN_HINT)
    return FINE


def _function(place: Place) -> Demand:
    if place.step.role == "body":
        return FINE
    raise refusal(place.hole, place="in the name of a function")


def _redirect(place: Place) -> Demand:
    destinations = place.step.construct.children_by_field_name("destination")
    if not destinations or destinations[0].id != place.step.part.id:
        raise refusal(place.hole, place="after a redirection", hint="Write redirections after all arguments.")
    signs = [text_of_node(child) for child in place.step.construct.children if not child.is_named]
    return ONLY_INTEGERS if any(sign.startswith((">&", "<&")) for sign in signs) else FINE


def _substitution(place: Place) -> Demand:
    if place.opening == "`":
        raise refusal(place.hole, place="in backticks", hint="Write $( … ) instead of backticks.")
    return GARBLED_BY_BASH if place.language is Language.BASH else FINE


def _subscript(place: Place) -> Demand:
    return ONLY_INTEGERS if place.step.role == "index" else FINE


def _expansion(place: Place) -> Demand:
    if place.step.part.type == "subscript":
        return FINE
    before = place.step.part.prev_sibling
    if before is not None and before.type == ":" and place.language is Language.BASH:
        return ONLY_INTEGERS_IN_SUM  # ${a:offset:length}
    raise refusal(place.hole, place="in a parameter expansion ${…}")


def _array(place: Place) -> Demand:
    element = text_of_node(place.step.part)
    if not element.startswith("["):
        return GARBLED_BY_BASH
    key_length = element.find("]=")
    in_key = key_length < 0 or place.hole.span.start < place.step.part.start_byte + key_length
    return ONLY_INTEGERS if in_key else GARBLED_BY_BASH


def _document(place: Place) -> Demand:
    raise refusal(place.hole, place="in an expansion within a here-document")


def _name_after_dollar(place: Place) -> Demand:
    name = text_of_node(place.step.part)
    if not name.startswith(HOLE_STEM):
        name = name.partition(HOLE_STEM)[0]
        hint = f"Put the name in braces: ${{{{{name}}}}}" + "{{{{{name}}}}}."
        raise refusal(place.hole, place=f"right after the name of the variable {name}", hint=hint)
    raise refusal(
        place.hole,
        place="right after a $, as the name of a variable",
        hint="For the value itself write {{{{{name}}}}} without the $.",
    )


_RULES: Mapping[str, Callable[[Place], Demand]] = {
    "command": _command,
    "variable_assignment": _assignment,
    "declaration_command": _declaration,
    "for_statement": _for,
    "c_style_for_statement": _counting_for,
    "compound_statement": _braces,
    "arithmetic_expansion": _sum,
    "test_command": _test,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "case_item": _case_item,
    "function_definition": _function,
    "file_redirect": _redirect,
    "command_substitution": _substitution,
    "process_substitution": lambda _place: FINE,
    "subscript": _subscript,
    "expansion": _expansion,
    "array": _array,
    "heredoc_body": _document,
    "simple_expansion": _name_after_dollar,
}
