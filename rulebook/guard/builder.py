"""Productions to nodes.

Responsible for one function for each alias of grammar.lark; it gets the values of the symbols and
the production's range and returns the node. Never looks at tokens that do not belong to its
production.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from interlock.rulebook.guard import literals
from interlock.rulebook.guard.functions import FUNCTIONS, NAMESPACES
from interlock.rulebook.guard.macros import expand_call, expand_method
from interlock.rulebook.guard.nodes import (
    Binary,
    Call,
    Conditional,
    Entry,
    Expr,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logical,
    MapExpr,
    Select,
    Unary,
)

Build = Callable[[list[Any], int, int], Any]
_QUALIFIED: Final = frozenset({"google.protobuf.Timestamp", "google.protobuf.Duration"})


class _OptionalElement(Expr, frozen=True, eq=False):
    """`?value` in a list, until the list is made."""

    value: Expr
    start: int
    end: int


def _conditional(v: list[Any], start: int, end: int) -> Expr:
    return Conditional(v[0], v[2], v[4], start, end)


def _logical(operator: str) -> Build:
    def build(v: list[Any], start: int, end: int) -> Expr:
        operands = v[0]
        if any(type(o) is Logical and o.operator == operator for o in operands):
            operands = [part for o in operands for part in _parts(o, operator)]
        return Logical(operator, tuple(operands), start, end)

    return build


def _parts(operand: Expr, operator: str) -> tuple[Expr, ...]:
    if isinstance(operand, Logical) and operand.operator == operator:
        return operand.operands
    return (operand,)


def _chain(v: list[Any], _start: int, _end: int) -> list[Any]:
    return [v[0], v[2]]


def _chain_more(v: list[Any], _start: int, _end: int) -> list[Any]:
    chain: list[Any] = v[0]
    chain.append(v[2])
    return chain


def _binary(v: list[Any], start: int, end: int) -> Expr:
    return Binary(v[1], v[0], v[2], start, end)


def _not(v: list[Any], start: int, end: int) -> Expr:
    return Unary("!", v[1], start, end)


def _negate(v: list[Any], start: int, end: int) -> Expr:
    operand = v[1]
    # a number right after `-` is one literal, so that -9223372036854775808 can be written
    if type(operand) is Literal and operand.end == end and _is_positive(operand.value):
        return Literal(-operand.value, start, end)
    return Unary("-", operand, start, end)


def _is_positive(value: Any) -> bool:
    return type(value) in {int, float} and math.copysign(1, value) > 0


def _select(v: list[Any], start: int, end: int) -> Expr:
    operand, field = v[0], v[2]
    if type(operand) is Select and type(operand.operand) is Ident:
        name = f"{operand.operand.name}.{operand.field}.{field}"
        if name in _QUALIFIED:
            return Ident(name, operand.operand.is_absolute, start, end)
    return Select(operand, field, False, start, end)  # noqa: FBT003 - positional is what is fast


def _select_optional(v: list[Any], start: int, end: int) -> Expr:
    return Select(v[0], v[2], True, start, end)  # noqa: FBT003 - as above


def _index(v: list[Any], start: int, end: int) -> Expr:
    return Index(v[0], v[2], False, start, end)  # noqa: FBT003 - as above


def _index_optional(v: list[Any], start: int, end: int) -> Expr:
    return Index(v[0], v[3], True, start, end)  # noqa: FBT003 - as above


def _method(v: list[Any], start: int, end: int) -> Expr:
    target, name = v[0], v[2]
    args = tuple(v[4]) if len(v) > 5 else ()  # noqa: PLR2004 - symbols of the bare form
    if type(target) is Ident and target.name in NAMESPACES:
        qualified = f"{target.name}.{name}"
        bound = expand_call(qualified, args, start, end)
        if bound is not None:
            return bound
        if qualified in FUNCTIONS:
            return Call(qualified, None, args, start, end)
    return expand_method(target, name, args, start, end) or Call(name, target, args, start, end)


def _call(v: list[Any], start: int, end: int) -> Expr:
    args = tuple(v[2]) if len(v) > 3 else ()  # noqa: PLR2004 - symbols of the bare form
    return expand_call(v[0], args, start, end) or Call(v[0], None, args, start, end)


def _call_absolute(v: list[Any], start: int, end: int) -> Expr:
    return _call(v[1:], start, end)


def _ident(v: list[Any], start: int, end: int) -> Expr:
    return Ident(v[0], False, start, end)  # noqa: FBT003 - as above


def _ident_absolute(v: list[Any], start: int, end: int) -> Expr:
    return Ident(v[1], True, start, end)  # noqa: FBT003 - as above


def _list(v: list[Any], start: int, end: int) -> Expr:
    elements = v[1] if isinstance(v[1], list) else ()
    optional = tuple(i for i, element in enumerate(elements) if type(element) is _OptionalElement)
    if optional:
        elements = [e.value if type(e) is _OptionalElement else e for e in elements]
    return ListExpr(tuple(elements), optional, start, end)


def _map(v: list[Any], start: int, end: int) -> Expr:
    return MapExpr(tuple(v[1]) if isinstance(v[1], list) else (), start, end)


def _literal(read: Callable[[str], Any]) -> Build:
    return lambda v, start, end: Literal(read(v[0]), start, end)


def _constant(value: Any) -> Build:
    return lambda _v, start, end: Literal(value, start, end)


ACTIONS: Final[dict[str, Build]] = {
    "conditional": _conditional,
    "logical_or": _logical("||"),
    "logical_and": _logical("&&"),
    "chain": _chain,
    "chain_more": _chain_more,
    "binary": _binary,
    "negate": _negate,
    "not_": _not,
    "select": _select,
    "select_optional": _select_optional,
    "index": _index,
    "index_optional": _index_optional,
    "method_bare": _method,
    "method": _method,
    "quoted": lambda v, _start, _end: v[0][1:-1],
    "ident": _ident,
    "ident_absolute": _ident_absolute,
    "call_bare": _call,
    "call": _call,
    "call_absolute_bare": _call_absolute,
    "call_absolute": _call_absolute,
    "group": lambda v, _start, _end: v[1],
    "list_empty": _list,
    "list_": _list,
    "map_empty": _map,
    "map_": _map,
    "int_": _literal(literals.read_int),
    "uint": _literal(literals.read_uint),
    "float_": _literal(literals.read_float),
    "string": _literal(literals.read_string),
    "raw_string": _literal(literals.read_raw_string),
    "bytes_": _literal(literals.read_bytes),
    "raw_bytes": _literal(literals.read_raw_bytes),
    "true": _constant(value=True),
    "false": _constant(value=False),
    "null": _constant(None),
    "one": lambda v, _start, _end: [v[0]],
    "one_more": _chain_more,
    "optional_element": lambda v, start, end: _OptionalElement(v[1], start, end),
    "entry": lambda v, start, end: Entry(v[0], v[2], False, start, end),  # noqa: FBT003 - as above
    "entry_optional": lambda v, start, end: Entry(v[1], v[3], True, start, end),  # noqa: FBT003 - as above
}
