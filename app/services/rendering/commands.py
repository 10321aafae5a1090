"""Builtin commands that evaluate their arguments, as code, as arithmetic or as names with subscripts.

For these an argument that is exact text is not harmless: `read 'a[$(cmd)]'` runs cmd. Programs outside the
shell are not looked at.
"""

import re
from collections.abc import Sequence

from tree_sitter import Node

from app.services.rendering.bash_tree import Step, text_of_node
from app.services.rendering.contexts import FINE, ONLY_INTEGERS, Demand, refusal
from app.services.rendering.draft import HOLE_STEM, Hole

_PREFIXES = frozenset({"builtin", "command", "coproc", "time"})
_INTEGERS_ONLY = frozenset({"let", "wait"})
_EVALUATE = frozenset({"alias", "bind", "compgen", "complete", "compopt", "enable", "eval", "fc", "trap"})
_NAME_VARIABLES = frozenset(
    {"declare", "export", "getopts", "local", "mapfile", "read", "readarray", "readonly", "typeset", "unset"}
)
_JUDGED = frozenset({"printf", "test", "["})
_QUOTING = re.compile(r"[\\'\"]")
_EVALUATES_HINT = "If it is meant to be code, say so with {{{{{name}|raw}}}}."
_NAMES_HINT = "Write the names of variables yourself. To set one to the value: variable={{{{{name}}}}}."


def judge_command(step: Step, *, hole: Hole) -> Demand:
    """What a simple command asks of a value that stands in one of its parts."""
    if step.role != "argument":
        return FINE
    name, arguments = _real_command(step.construct)
    before = [argument for argument in arguments if argument.end_byte <= step.part.start_byte]
    if name in _INTEGERS_ONLY:
        return ONLY_INTEGERS
    if name in _EVALUATE:
        raise refusal(hole, place=f"in the arguments of {name}, which evaluates them", hint=_EVALUATES_HINT)
    if name in _NAME_VARIABLES:
        raise refusal(hole, place=f"in the arguments of {name}, which names variables", hint=_NAMES_HINT)
    if name == "printf":
        return _judge_printf(step.part, before=before, hole=hole)
    if name in _JUDGED:
        return _judge_test(before, hole=hole)
    return FINE


def _real_command(command: Node) -> tuple[str, list[Node]]:
    """The command's name and arguments, past `builtin`, `command -p`, `time` and their like."""
    named = command.child_by_field_name("name")
    name = _plain(named) if named else ""
    if name not in _PREFIXES and name not in _JUDGED:
        return name, []
    rest = command.children_by_field_name("argument")
    while name in _PREFIXES and rest:
        name = _plain(rest.pop(0))
        while name.startswith("-") and rest:
            name = _plain(rest.pop(0))
    return name, rest


def _judge_printf(child: Node, *, before: Sequence[Node], hole: Hole) -> Demand:
    words = [_plain(argument) for argument in before]
    if words[-1:] == ["-v"] or _plain(child).startswith("-v"):
        raise refusal(hole, place="as the variable that printf -v sets", hint=_NAMES_HINT)
    while words and words[0].startswith("-v"):
        del words[: 2 if words[0] == "-v" else 1]
    # The format may not become an option: printf '-va[$(cmd)]' runs cmd.
    return Demand(bad_start="-") if not words and may_begin(child) else FINE


def _judge_test(before: Sequence[Node], *, hole: Hole) -> Demand:
    previous = _plain(before[-1]) if before else ""
    if previous in {"-v", "-R"} or previous.startswith(HOLE_STEM):
        raise refusal(hole, place="where test may take it for the name of a variable", hint=_NAMES_HINT)
    return FINE


def may_begin(word: Node) -> bool:
    """Whether a value in this word can be the word's first character, other parts being empty perhaps."""
    text = _plain(word)
    return text.startswith((HOLE_STEM, "$", "`"))


def _plain(node: Node) -> str:
    return _QUOTING.sub("", text_of_node(node))
