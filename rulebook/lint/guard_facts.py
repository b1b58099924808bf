"""What can be told of a guard without evaluating it on an incident.

Responsible for folding constants and for finding reads of the clock; shared by the rooms. Never
reports.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from interlock.rulebook.guard.nodes import Call, Conditional, Ident, Literal, Logical, Unary, walk
from interlock.rulebook.guard.parser import parse
from interlock.rulebook.guard.syntax import ParseProblem
from interlock.rulebook.guard.unparser import unparse

if TYPE_CHECKING:
    from interlock.rulebook.graph.state_graph import GuardRef
    from interlock.rulebook.guard.nodes import Expr

CLOCK_FUNCTIONS = frozenset({"on_call", "in_schedule"})
_CLOCK = re.compile("now|on_call|in_schedule")
_CONSTANT = re.compile("true|false")


def expression(guard: GuardRef) -> Expr:
    """Return the guard's expression; a compiled guard always parses again."""
    return _parsed(guard.text)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Expr:
    parsed = parse(text)
    assert not isinstance(parsed, ParseProblem), text
    return parsed


def constant_value(guard: GuardRef | None) -> bool | None:
    """Return the truth of a guard that does not depend on the incident, else None.

    No guard at all is true.
    """
    if guard is None:
        return True
    # Parsing again is the cost here, and a guard without one of these words never folds.
    return _fold(expression(guard)) if _CONSTANT.search(guard.text) else None


def _fold(node: Expr) -> bool | None:
    match node:
        case Literal(value=bool() as value):
            return value
        case Unary(operator="!", operand=operand):
            negated = _fold(operand)
            return None if negated is None else not negated
        case Logical(operator=operator, operands=operands):
            values = [_fold(operand) for operand in operands]
            absorbing = operator == "||"
            if absorbing in values:
                return absorbing
            return None if None in values else not absorbing
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            chosen = _fold(condition)
            return None if chosen is None else _fold(then if chosen else otherwise)
        case _:
            return None


def clock_reads(guard: GuardRef) -> tuple[str, ...]:
    """Return what of the clock the guard reads: `now`, `on_call`, `in_schedule`, in order."""
    found: dict[str, None] = {}
    if not _CLOCK.search(guard.text):
        return ()
    for node in walk(expression(guard)):
        match node:
            case Ident(name="now"):
                found["now"] = None
            case Call(function=function, target=None) if function in CLOCK_FUNCTIONS:
                found[function] = None
    return tuple(found)


def conjuncts(guard: GuardRef | None) -> frozenset[str]:
    """Return the canonical texts of what must hold together, without what always holds."""
    if guard is None:
        return frozenset()
    pending, found = [expression(guard)], set()
    while pending:
        node = pending.pop()
        if isinstance(node, Logical) and node.operator == "&&":
            pending += node.operands
        elif _fold(node) is not True:
            found.add(unparse(node))
    return frozenset(found)
