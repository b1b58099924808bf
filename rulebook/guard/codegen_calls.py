"""Calls of functions, as Python terms.

A call whose arguments are literals is made once, here. A few string functions are written inline. Any
other is the function of the table, refused when it would cost more than the price it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.codegen_patterns import linear_pattern
from interlock.rulebook.guard.codegen_writer import (
    CALL_PRICE,
    TEXT_MAX,
    TEXT_PRICE,
    Term,
    TooHard,
    doubt,
)
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.functions import FUNCTIONS
from interlock.rulebook.guard.nodes import Call, Literal
from interlock.rulebook.guard.signature import constant_cost
from interlock.rulebook.guard.types import BOOL
from interlock.rulebook.guard.values import Duration, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interlock.rulebook.guard.codegen_translator import Translator
    from interlock.rulebook.guard.signature import Function

_LAZY: Final = frozenset({"or", "orValue"})  # their second operand may not be evaluated
_FOLDED: Final = frozenset({Timestamp, Duration})


def translate_call(translator: Translator, node: Call) -> Term:
    """Return the value of a call."""
    function = FUNCTIONS.get(node.function)
    if function is None or node.function in _LAZY:
        raise TooHard
    nodes = node.args if node.target is None else (node.target, *node.args)
    if not (function.has_global if node.target is None else function.has_member):
        raise TooHard
    folded = _fold(translator, function, nodes)
    if folded is not None:
        return folded
    terms = translator.values(nodes)
    inline = _INLINE.get(node.function)
    if inline is not None:
        term = inline(translator, function, terms, nodes)
        if term is not None:
            return term
    return call_of(translator, function, terms)


def call_of(translator: Translator, function: Function, terms: Sequence[Term]) -> Term:
    """Return a call of the table's function."""
    writer = translator.writer
    is_cheap = function.cost is constant_cost
    writer.charge(1 if is_cheap else CALL_PRICE)
    callee = writer.callee(function.name, function if not is_cheap else function.call)
    is_bool = all(overload.result == BOOL for overload in function.overloads)
    arguments = ", ".join(term.text for term in terms)
    return Term(f"{callee}({arguments})", bool if is_bool else None)
