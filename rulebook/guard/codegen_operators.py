"""Operators, as Python terms.

Where Python's operator and the language's agree on every value of the language, Python's is used
bare; where they agree on some, those are recognised first; for the rest the function of the table
is called. Python differs in that `True == 1`, in an int beside a double (the language rounds the
int), in that bools are numbers and lists have an order, in `in` for text, in unbounded integers and
in division.

Terms run in the order left, right; a term that mentions a variable must not run before the one that
assigns it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.codegen_calls import call_of
from interlock.rulebook.guard.codegen_writer import (
    LIST_MAX,
    LIST_PRICE,
    LISTS,
    TEXT_MAX,
    TEXT_PRICE,
    Term,
)
from interlock.rulebook.guard.functions import BINARY, UNARY
from interlock.rulebook.guard.nodes import Binary, ListExpr, Literal, Unary
from interlock.rulebook.guard.values import INT_MAX, INT_MIN, Duration, Timestamp, Uint

if TYPE_CHECKING:
    from interlock.rulebook.guard.codegen_translator import Translator

_NUMBERS: Final = frozenset({int, float, Uint})
_SCALARS: Final = _NUMBERS | {bool, Timestamp, Duration}
_COLLECTIONS: Final = LISTS | {dict}
_EXACT_MAX: Final = 2**53  # below, an int and a double compare alike whether or not one is rounded
_SET_FROM: Final = 5  # elements from which hashing beats comparing one by one


def translate_unary(translator: Translator, node: Unary) -> Term:
    """Return `!x` or `-x`."""
    if node.operator == "!":
        return Term(f"(not {translator.condition(node.operand)})", bool)
    return call_of(translator, UNARY[node.operator], translator.values((node.operand,)))


def translate_binary(translator: Translator, node: Binary) -> Term:
    """Return `x operator y`."""
    if node.operator == "in":
        return _translate_membership(translator, node)
    left, right = translator.values((node.left, node.right))
    if node.operator in {"==", "!="}:
        if right.is_literal:
            return _equality_with(translator, node.operator, left, right)
        if left.is_literal:
            return _equality_with(translator, node.operator, right, left)
        return _equality(translator, node.operator, left, right)
    if node.operator in {"<", "<=", ">", ">="}:
        return _order(translator, node.operator, left, right)
    return _arithmetic(translator, node.operator, left, right)


def _is_exact_number(value: Any) -> bool:
    return type(value) in _NUMBERS and -_EXACT_MAX < value < _EXACT_MAX


def _equality_with(translator: Translator, operator: str, operand: Term, literal: Term) -> Term:
    """Compare with a literal; only bools and null need identity, only 0 and 1 equal a bool."""
    value = literal.literal
    if operand.kind not in {None, type(value)}:
        return call_of(translator, BINARY[operator], (operand, literal))
    if value is None or type(value) is bool:
        word = "is" if operator == "==" else "is not"
        return Term(f"({operand.text} {word} {literal.text})", bool)
    bare = Term(f"({operand.text} {operator} {literal.text})", bool)
    if type(value) is str:
        translator.writer.charge(1 + len(value))
        return bare
    if not _is_exact_number(value):
        return call_of(translator, BINARY[operator], (operand, literal))
    if value not in (0, 1) or operand.kind is not None:
        return bare
    held = translator.writer.hold(operand, "number")
    if operator == "==":
        text = f"({held.text} == {literal.text} and {held.name} is not {bool(value)})"
    else:
        text = f"({held.text} != {literal.text} or {held.name} is {bool(value)})"
    return Term(text, bool)


def _equality(translator: Translator, operator: str, left: Term, right: Term) -> Term:
    """Compare two values; short text is compared bare."""
    if left.kind is right.kind and left.kind in {int, bool}:
        return Term(f"({left.text} {operator} {right.text})", bool)
    writer = translator.writer
    first, second = writer.hold(left, "left"), writer.hold(right, "right")
    writer.charge(TEXT_PRICE)
    slow = call_of(translator, BINARY[operator], (first.again(), second.again())).text
    test = (
        f"type({first.argument}) is type({second.argument}) is str "
        f"and len({first.name}) <= {TEXT_MAX}"
    )
    return Term(f"({first.name} {operator} {second.name} if {test} else {slow})", bool)


def _order(translator: Translator, operator: str, left: Term, right: Term) -> Term:
    """Compare by order. Python refuses what the language refuses, but for bools and lists."""
    writer = translator.writer
    if left.kind is right.kind and left.kind in _NUMBERS:
        return Term(f"({left.text} {operator} {right.text})", bool)
    literal, other = (right, left) if right.is_literal else (left, right)
    if literal.is_literal and other.kind is None:
        if literal.kind is str:
            writer.charge(1 + len(literal.text))
            return Term(f"({left.text} {operator} {right.text})", bool)
        if _is_exact_number(literal.literal):
            held = writer.hold(other, "number")
            sides = (literal.text, held.name) if literal is left else (held.name, literal.text)
            fast = f" {operator} ".join(map(str, sides))
            test = f"{held.text} is not True and {held.name} is not False"
            return Term(f"({fast} if {test} else {writer.doubt()})", bool)
    first, second = writer.hold(left, "left"), writer.hold(right, "right")
    slow = call_of(translator, BINARY[operator], (first.again(), second.again())).text
    same = f"type({first.argument}) is type({second.argument})"
    scalars = writer.constant("scalars", _SCALARS)
    fast = f"{first.name} {operator} {second.name}"
    return Term(f"({fast} if {same} in {scalars} else {slow})", bool)


def _translate_membership(translator: Translator, node: Binary) -> Term:
    if isinstance(node.right, ListExpr) and _is_plain(node.right):
        element, *items = translator.values((node.left, *node.right.elements))
        texts = [item.text for item in items]
        translator.writer.charge(1 + len(texts))
        is_hashed = len(items) >= _SET_FROM and all(item.kind is str for item in items)
        row = ", ".join(texts) + ("," if len(texts) == 1 else "")
        return Term(f"({element.text} in {f'{{{row}}}' if is_hashed else f'({row})'})", bool)
    element, container = translator.values((node.left, node.right))
    writer = translator.writer
    first, second = writer.hold(element, "element"), writer.hold(container, "container")
    writer.charge(LIST_PRICE)
    slow = call_of(translator, BINARY["in"], (first.again(), second.again())).text
    if first.is_literal and first.kind is str:
        kinds = f"type({second.argument}) in {writer.constant('collections', _COLLECTIONS)}"
    else:
        # the first comparison evaluates both
        kinds = (
            f"type({first.argument}) is not type({second.argument}) "
            f"in {writer.constant('lists', LISTS)} and type({first.name}) is str"
        )
    test = f"{kinds} and len({second.name}) <= {LIST_MAX}"
    return Term(f"({first.name} in {second.name} if {test} else {slow})", bool)


def _is_plain(node: ListExpr) -> bool:
    """Whether Python's equality with each element is the language's, for whatever is compared."""
    return not node.optional_indices and all(
        isinstance(element, Literal)
        and (
            type(element.value) is str
            or (_is_exact_number(element.value) and element.value not in (0, 1))
        )
        for element in node.elements
    )


def _arithmetic(translator: Translator, operator: str, left: Term, right: Term) -> Term:
    """Operate on an int with an int literal, or a double with a double literal; else call."""
    function = BINARY[operator]
    is_simple = right.is_literal and right.kind in {int, float} and operator in {"+", "-", "*"}
    if not is_simple or left.kind is not None:
        return call_of(translator, function, (left, right))
    writer = translator.writer
    held = writer.hold(left, "number")
    slow = call_of(translator, function, (held.again(), right)).text
    fast = f"{held.name} {operator} {right.text}"
    if right.kind is float:
        return Term(f"({fast} if type({held.argument}) is float else {slow})")
    result = writer.name("result")
    test = f"type({held.argument}) is int and {INT_MIN} <= ({result} := {fast}) <= {INT_MAX}"
    return Term(f"({result} if {test} else {slow})")
