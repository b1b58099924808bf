"""Operators, as Python terms.

Where Python's operator and the language's agree on every value of the language, Python's is used
bare; where they agree on some, those are recognised first; for the rest the function of the table is
called. Python differs in that `True == 1`, in that bools, lists and maps have an order or may be
added, in `in` for text, in unbounded integers, and in division.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.codegen_calls import call_of
from interlock.rulebook.guard.codegen_writer import SIZE_MAX, SIZE_PRICE, Term
from interlock.rulebook.guard.functions import BINARY, UNARY
from interlock.rulebook.guard.nodes import Binary, Expr, ListExpr, Literal, Unary
from interlock.rulebook.guard.values import INT_MAX, Duration, Timestamp, Uint

if TYPE_CHECKING:
    from interlock.rulebook.guard.codegen_translator import Translator

_SCALARS: Final = frozenset({bool, int, float, Uint, Timestamp, Duration})
_NUMBERS: Final = frozenset({int, float, Uint})
_SMALL: Final = INT_MAX >> 1
_FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SET_FROM: Final = 5  # elements from which hashing beats comparing one by one


def translate_unary(translator: Translator, node: Unary) -> Term:
    """Return `!x` or `-x`."""
    if node.operator == "!":
        return Term(f"(not {translator.condition(node.operand)})", bool)
    return call_of(translator, UNARY[node.operator], translator.values((node.operand,)))


def translate_binary(translator: Translator, node: Binary) -> Term:
    """Return `x operator y`."""
    match node.operator:
        case "==" | "!=":
            return _translate_equality(translator, node)
        case "in":
            return _translate_membership(translator, node)
        case "<" | "<=" | ">" | ">=":
            return _translate_order(translator, node)
        case _:
            return _translate_arithmetic(translator, node)


def _translate_equality(translator: Translator, node: Binary) -> Term:
    left, right = translator.values((node.left, node.right))
    if isinstance(node.left, Literal):
        left, right = right, left
        literal: object = node.left.value
    else:
        literal = node.right.value if isinstance(node.right, Literal) else left
    operator = node.operator
    is_literal = isinstance(node.left, Literal) or isinstance(node.right, Literal)
    if is_literal and type(literal) is not bytes:
        text = _equals_literal(translator, left, right, literal)
        if operator == "!=":
            text = f"(not {text})" if " == " not in text or " and " in text else text.replace(" == ", " != ")
        return Term(text, bool)
    if left.kind is right.kind and left.kind in {int, bool}:
        return Term(f"({left.text} {operator} {right.text})", bool)
    writer = translator.writer
    first, second = writer.hold(left, "left"), writer.hold(right, "right")
    writer.charge(SIZE_PRICE)
    slow = call_of(translator, BINARY[operator], (_again(first), _again(second))).text
    fast = f"{first.name} {operator} {second.name}"
    test = f"type({first.text}) is type({second.text}) is str and len({first.name}) <= {SIZE_MAX}"
    return Term(f"({fast} if {test} else {slow})", bool)
