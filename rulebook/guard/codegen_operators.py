"""Operators, as Python terms.

Where Python's operator and the language's agree on every value of the language, Python's is used
bare; where they agree on some, those are recognised first; for the rest the function of the table is
called. Python differs in that `True == 1`, that bools are numbers and lists have an order, in `in`
for text, in unbounded integers and in division.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.codegen_calls import call_of
from interlock.rulebook.guard.codegen_writer import LIST_MAX, LIST_PRICE, TEXT_MAX, TEXT_PRICE, Term
from interlock.rulebook.guard.functions import BINARY, UNARY
from interlock.rulebook.guard.nodes import Binary, Expr, ListExpr, Literal, Unary
from interlock.rulebook.guard.values import INT_MAX, INT_MIN, Duration, Timestamp, Uint

if TYPE_CHECKING:
    from interlock.rulebook.guard.codegen_translator import Translator

_NUMBERS: Final = frozenset({int, float, Uint})
_SCALARS: Final = _NUMBERS | {bool, Timestamp, Duration}
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
    match node.operator, node.left, node.right:
        case "==" | "!=" as operator, _, Literal(value=value) if type(value) is not bytes:
            return _equality_with(translator, operator, left, right, value)
        case "==" | "!=" as operator, Literal(value=value), _ if type(value) is not bytes:
            return _equality_with(translator, operator, right, left, value)
        case "==" | "!=" as operator, _, _:
            return _equality(translator, operator, left, right)
        case "<" | "<=" | ">" | ">=" as operator, _, _:
            return _order(translator, operator, left, right)
        case operator, _, _:
            return _arithmetic(translator, operator, left, right)


def _equality_with(
    translator: Translator, operator: str, operand: Term, literal: Term, value: Any
) -> Term:
    """Compare with a literal; only bools and null need identity, only 0 and 1 equal a bool."""
    translator.writer.charge(1 + (len(value) if type(value) is str else 0))
    if value is None or type(value) is bool:
        return Term(f"({operand.text} {'is' if operator == '==' else 'is not'} {literal.text})", bool)
    if type(value) is str or value not in (0, 1) or operand.kind in _NUMBERS:
        return Term(f"({operand.text} {operator} {literal.text})", bool)
    held = translator.writer.hold(operand, "number")
    same_bool = bool(value)
    if operator == "==":
        text = f"({held.text} == {literal.text} and {held.name} is not {same_bool})"
    else:
        text = f"({held.text} != {literal.text} or {held.name} is {same_bool})"
    return Term(text, bool)


def _equality(translator: Translator, operator: str, left: Term, right: Term) -> Term:
    """Compare two values; short text is compared bare."""
    if left.kind is right.kind and left.kind in {int, bool}:
        return Term(f"({left.text} {operator} {right.text})", bool)
    writer = translator.writer
    first, second = writer.hold(left, "left"), writer.hold(right, "right")
    writer.charge(TEXT_PRICE)
    slow = call_of(translator, BINARY[operator], (first.again(), second.again()))
    both = f"type({first.text}) is type({second.text})"
    return Term(
        f"({first.name} {operator} {second.name} "
        f"if {both} is str and len({first.name}) <= {TEXT_MAX} else {slow.text})",
        bool,
    )


def _order(translator: Translator, operator: str, left: Term, right: Term) -> Term:
    """Compare by order. Python refuses what the language refuses, but for bools, lists and sets."""
    writer = translator.writer
    bare = f"{{}} {operator} {{}}"
    if left.kind in _NUMBERS and right.kind in _NUMBERS:
        return Term(f"({bare.format(left.text, right.text)})", bool)
    for one, other in ((left, right), (right, left)):
        if one.kind is str and one.is_held:
            # a text literal: Python orders text with text only
            writer.charge(1 + len(one.text))
            return Term(f"({bare.format(left.text, right.text)})", bool)
        if one.kind in _NUMBERS:
            held = writer.hold(other, "number")
            text = bare.format(*((held.name, right.text) if other is left else (left.text, held.name)))
            test = f"({held.text}) is not True and {held.name} is not False"
            return Term(f"({text} if {test} else {writer.doubt()})", bool)
    first, second = writer.hold(left, "left"), writer.hold(right, "right")
    slow = call_of(translator, BINARY[operator], (first.again(), second.again()))
    both = f"type({first.text}) is type({second.text})"
    scalars = writer.constant("scalars", _SCALARS)
    fast = bare.format(first.name, second.name)
    return Term(f"({fast} if {both} in {scalars} else {slow.text})", bool)


def _translate_membership(translator: Translator, node: Binary) -> Term:
    if isinstance(node.right, ListExpr) and _is_plain(node.right.elements):
        element = translator.value(node.left)
        items = [translator.value(item).text for item in node.right.elements]
        translator.writer.charge(1 + len(items))
        is_text = all(isinstance(one, Literal) and type(one.value) is str for one in node.right.elements)
        if is_text and len(items) >= _SET_FROM:
            return Term(f"({element.text} in {{{', '.join(items)}}})", bool)
        return Term(f"({element.text} in ({''.join(f'{item}, ' for item in items)}))", bool)
    element, container = translator.values((node.left, node.right))
    writer = translator.writer
    first, second = writer.hold(element, "element"), writer.hold(container, "container")
    writer.charge(LIST_PRICE)
    slow = call_of(translator, BINARY["in"], (first.again(), second.again()))
    if first.kind is str:
        test = f"(type({second.text}) is list or type({second.name}) is dict)"
    else:
        # both are evaluated before the first comparison ends
        kinds = f"type({first.text}) is not type({second.text})"
        test = f"{kinds} is list and type({first.name}) is str"
    return Term(
        f"({first.name} in {second.name} "
        f"if {test} and len({second.name}) <= {LIST_MAX} else {slow.text})",
        bool,
    )


def _is_plain(elements: tuple[Expr, ...]) -> bool:
    """Whether Python's equality with each element is the language's, whatever it is compared with."""
    return all(
        isinstance(element, Literal)
        and (
            type(element.value) is str
            or (type(element.value) in _NUMBERS and element.value not in (0, 1))
        )
        for element in elements
    )


def _arithmetic(translator: Translator, operator: str, left: Term, right: Term) -> Term:
    """Operate on an int with an int literal, or a double with a double literal; else call."""
    writer = translator.writer
    if right.kind not in {int, float} or not right.is_held or left.is_held and left.kind is not None:
        return call_of(translator, BINARY[operator], (left, right))
    if operator not in {"+", "-", "*"}:
        return call_of(translator, BINARY[operator], (left, right))
    held = writer.hold(left, "number")
    slow = call_of(translator, BINARY[operator], (held.again(), right)).text
    computed = f"{held.name} {operator} {right.text}"
    if right.kind is float:
        return Term(f"({computed} if type({held.text}) is float else {slow})")
    result = writer.name("result")
    test = f"type({held.text}) is int and {INT_MIN} <= ({result} := {computed}) <= {INT_MAX}"
    return Term(f"({result} if {test} else {slow})")
