"""Builtin commands that evaluate their arguments, as code, as arithmetic or as names with subscripts.

For these an argument that is exact text is not harmless: `read 'a[$(cmd)]'` runs cmd. Programs outside the
shell are not looked at.
"""

import re

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
_MOST_WORDS = 64
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[|\+?=)")
_QUOTING = re.compile(r"[\\'\"]")
_EVALUATES_HINT = "If it is meant to be code, say so with {{{{{name}|raw}}}}."
_NAMES_HINT = "Write the names of variables yourself. To set one to the value: variable={{{{{name}}}}}."


def judge_command(step: Step, *, hole: Hole) -> Demand:
    """What a simple command asks of a value that stands in one of its parts."""
    if step.role != "argument":
        return FINE
    words = _words_before(step)
    if words and words[0] in _PREFIXES:
        prefixes, words = len(words), _past_prefixes(words)
        if not words and (prefixes == _MOST_WORDS or _ASSIGNMENT.match(_plain(step.part))):
            raise refusal(hole, place="in an assignment after time or its like")
    name = words[0] if words else ""
    if name in _INTEGERS_ONLY:
        return ONLY_INTEGERS
    if name in _EVALUATE:
        raise refusal(hole, place=f"in the arguments of {name}, which evaluates them", hint=_EVALUATES_HINT)
    if name in _NAME_VARIABLES:
        raise refusal(hole, place=f"in the arguments of {name}, which names variables", hint=_NAMES_HINT)
    if name == "printf":
        return _judge_printf(step.part, before=words[1:], hole=hole)
    if name in {"test", "["}:
        return _judge_test(step.part, hole=hole)
    return FINE


def _past_prefixes(words: list[str]) -> list[str]:
    """The words from the real command on: past `time`, `command -p` and their like, and past assignments."""
    rest = iter(words)
    return next(([word, *rest] for word in rest if not _is_before_command(word)), [])


def _is_before_command(word: str) -> bool:
    return word in _PREFIXES or word.startswith("-") or _ASSIGNMENT.match(word) is not None


def _words_before(step: Step) -> list[str]:
    """The command's name and its first arguments, as far as they stand before the part with the hole."""
    words: list[str] = []
    cursor = step.construct.walk()
    going = cursor.goto_first_child()
    while going and len(words) < _MOST_WORDS and cursor.node and cursor.node.end_byte <= step.part.start_byte:
        if cursor.field_name in {"name", "argument"}:
            words.append(_plain(cursor.node))
        going = cursor.goto_next_sibling()
    return words


def _judge_printf(part: Node, *, before: list[str], hole: Hole) -> Demand:
    previous = part.prev_sibling
    if (previous and _plain(previous) == "-v") or _plain(part).startswith("-v"):
        raise refusal(hole, place="as the variable that printf -v sets", hint=_NAMES_HINT)
    while before and before[0].startswith("-v"):
        del before[: 2 if before[0] == "-v" else 1]
    # The format may not become an option: printf '-va[$(cmd)]' runs cmd.
    return Demand(bad_start="-") if not before and may_begin(part) else FINE


def _judge_test(part: Node, *, hole: Hole) -> Demand:
    previous = _plain(part.prev_sibling) if part.prev_sibling else ""
    if previous in {"-v", "-R"} or previous.startswith(HOLE_STEM):
        raise refusal(hole, place="where test may take it for the name of a variable", hint=_NAMES_HINT)
    return FINE


def may_begin(word: Node) -> bool:
    """Whether a value in this word can be the word's first character, other parts being empty perhaps."""
    text = _plain(word)
    return text.startswith((HOLE_STEM, "$", "`"))


def _plain(node: Node) -> str:
    return _QUOTING.sub("", text_of_node(node))
