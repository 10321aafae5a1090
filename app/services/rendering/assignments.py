"""Assignments whose value the shell evaluates: integer variables, name references, arrays, prompts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from app.services.rendering.bash_tree import Step, text_of_node, walk
from app.services.rendering.commands import may_begin
from app.services.rendering.contexts import FINE, ONLY_INTEGERS, Demand, refusal
from app.services.rendering.draft import Hole

_INTEGER_NAMES = frozenset({"HISTCMD", "LINENO", "OPTIND", "RANDOM", "SECONDS", "SRANDOM"})
_EVALUATED_NAMES = frozenset({"BASH_ENV", "ENV", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS4"})
_FLAGS = re.compile(r"[-+]([A-Za-z]+)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """The attributes (letters such as i and n) that the script gives to its variables anywhere.

    `arrays` holds the ids of the declarations that make arrays.
    """

    flags: Mapping[str, str]
    arrays: frozenset[int]

    def of(self, name: str) -> str:
        """The letters of all attributes that this variable is ever given."""
        return self.flags.get(name, "") + ("i" if name in _INTEGER_NAMES else "")


def read_declarations(root: Node) -> Declared:
    """What the script's declare, local, export, readonly and typeset say about its variables."""
    flags: dict[str, str] = {}
    arrays: set[int] = set()
    for node in walk(root):
        if node.type == "declaration_command" and (letters := _flags_of(node)):
            for name in _names_in(node):
                flags[name] = flags.get(name, "") + letters
            if set("aA") & set(letters):
                arrays.add(node.id)
    return Declared(flags=flags, arrays=frozenset(arrays))


def judge_assignment(step: Step, *, hole: Hole, declared: Declared) -> Demand:
    """What `name=value` asks of a value that stands in its right-hand side."""
    if step.role != "value":
        return FINE
    name = _name_of(step.construct)
    if name in _EVALUATED_NAMES:
        raise refusal(hole, place=f"in the value of {name}, which the shell evaluates")
    return judge_variable(name, hole=hole, declared=declared)


def judge_variable(name: str, *, hole: Hole, declared: Declared) -> Demand:
    """What a variable of this name asks of a value that it is set to."""
    if "n" in declared.of(name):
        raise refusal(hole, place=f"in the value of {name}, which is a reference to another variable")
    return ONLY_INTEGERS if "i" in declared.of(name) else FINE


def judge_declaration(step: Step, *, hole: Hole, declared: Declared) -> Demand:
    """What `declare name=value` and its kin ask of a value that stands in them."""
    value = step.part.child_by_field_name("value") if step.part.type == "variable_assignment" else None
    if value is None:
        raise refusal(hole, place="in a declaration, as the name of a variable")
    if value.type == "array":
        return FINE
    # declare takes even a quoted value in parentheses for a list, and expands what is in it.
    if step.construct.id in declared.arrays or text_of_node(value).lstrip("\"'").startswith("("):
        raise refusal(hole, place="in the declaration of an array")
    return Demand(bad_start="(") if may_begin(value) else FINE


def _flags_of(declaration: Node) -> str:
    words = (_FLAGS.fullmatch(text_of_node(child)) for child in declaration.children)
    return "".join(word[1] for word in words if word)


def _names_in(declaration: Node) -> Iterator[str]:
    for child in declaration.named_children:
        if child.type == "variable_assignment":
            yield _name_of(child)
        elif child.type == "variable_name":
            yield text_of_node(child)


def _name_of(assignment: Node) -> str:
    name = _NAME.match(text_of_node(assignment))
    return name[0] if name else ""
