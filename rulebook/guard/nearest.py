"""The nearest change of an input that turns a guard true.

Responsible for finding one input that alone decides, and for trying the change before it is told.
Never guesses: what does not make the guard true when tried is not told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.evaluator import evaluate_tree
from interlock.rulebook.guard.functions_operators import COST_LIMIT
from interlock.rulebook.guard.nodes import (
    Binary,
    Call,
    Conditional,
    Expr,
    Has,
    Ident,
    Index,
    Literal,
    Logical,
    Select,
    Unary,
)
from interlock.rulebook.guard.shown import shown
from interlock.rulebook.guard.unparser import unparse
from interlock.rulebook.guard.values import INT_MAX, INT_MIN, Duration, Timestamp, Uint

_TRIES_MAX: Final = 16  # candidates that are evaluated before giving up
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NEGATED: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_ABSENT: Final = object()


class Change(msgspec.Struct, frozen=True):
    """A change of one input.

    Attributes:
        path: The input as it is written in the guard, such as `impact.users`.
        relation: `=` when the value is meant itself, else `<`, `>` or `!=`: any such value;
            `is set` and `is not set` for fields without a certain value.
        value: The value, None for `is set` and `is not set`.
        node: Where the guard reads the input.
    """

    path: str
    relation: str
    value: Any
    node: Expr

    def __str__(self) -> str:
        if self.relation.startswith("is"):
            return f"{self.path} {self.relation}"
        return f"{self.path} {self.relation} {shown(self.value)}"


def nearest_change(
    expr: Expr, bindings: Mapping[str, Any], *, wanted: bool = True
) -> Change | None:
    """Return the first change of one input that gives the guard the wanted value, or None."""
    for tries, (change, value) in enumerate(_candidates(expr, bindings, wanted=wanted)):
        if tries >= _TRIES_MAX:
            return None
        changed = _changed(bindings, _keys(change.node), value)
        if changed is not None and _outcome(expr, changed) is wanted:
            return change
    return None


def _outcome(expr: Expr, bindings: Mapping[str, Any]) -> Any:
    """Return the value, or None for an error."""
    try:
        return evaluate_tree(expr, bindings, COST_LIMIT // _TRIES_MAX)
    except GuardError:
        return None


_Candidates = Iterator[tuple[Change, Any]]  # with the value to try


def _candidates(expr: Expr, bindings: Mapping[str, Any], *, wanted: bool) -> _Candidates:
    match expr:
        case Logical(operator=operator, operands=operands):
            # all operands must be as wanted, or any of them
            others = [o for o in operands if _outcome(o, bindings) is not wanted]
            if (operator == "&&") is not wanted or len(others) == 1:
                for operand in others:
                    yield from _candidates(operand, bindings, wanted=wanted)
        case Unary(operator="!", operand=operand):
            yield from _candidates(operand, bindings, wanted=not wanted)
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            taken = then if _outcome(condition, bindings) is True else otherwise
            yield from _candidates(taken, bindings, wanted=wanted)
            yield from _candidates(condition, bindings, wanted=taken is otherwise)
        case Binary(operator="in", left=left, right=right):
            yield from _membership(left, right, bindings, wanted=wanted)
        case Binary(operator=operator, left=left, right=right) if operator in _MIRRORED:
            relation = operator if wanted else _NEGATED[operator]
            yield from _comparison(left, relation, _outcome(right, bindings))
            yield from _comparison(right, _MIRRORED[relation], _outcome(left, bindings))
        case Has(operand=operand, field=field):
            node = Select(operand, field, is_optional=False, start=expr.start, end=expr.end)
            relation = "is set" if wanted else "is not set"
            yield from _told(node, relation, None, "" if wanted else _ABSENT)
        case Ident() | Select() | Index() | Call(function="orValue"):
            yield from _told(expr, "=", wanted, wanted)


def _told(node: Expr, relation: str, value: Any, tried: Any) -> _Candidates:
    node = _input(node)
    if _keys(node) is not None:
        yield Change(unparse(node), relation, value, node), tried


def _input(node: Expr) -> Expr:
    """Return the input that an expression reads: what stands before `.orValue(...)`, say.

    A field that may be absent is set like any other, so that its `?` is left out.
    """
    match node:
        case Call(function="orValue", target=target) if target is not None:
            return _input(target)
        case Select(operand=operand, field=field) if node.is_optional or _reads_optional(operand):
            return Select(_input(operand), field, is_optional=False, start=node.start, end=node.end)
        case Index(operand=operand, index=index) if node.is_optional or _reads_optional(operand):
            return Index(_input(operand), index, is_optional=False, start=node.start, end=node.end)
        case _:
            return node


def _reads_optional(node: Expr) -> bool:
    while isinstance(node, Select | Index):
        if node.is_optional:
            return True
        node = node.operand
    return isinstance(node, Call) and node.function == "orValue"


def _membership(
    left: Expr, right: Expr, bindings: Mapping[str, Any], *, wanted: bool
) -> _Candidates:
    container = _outcome(right, bindings)
    if wanted and isinstance(container, (list, tuple, Mapping)):
        for element in list(container)[:1]:
            yield from _told(left, "=", element, element)


def _comparison(node: Expr, relation: str, bound: Any) -> _Candidates:
    """Yield the change that makes `node relation bound` true."""
    if bound is None or (isinstance(bound, float) and math.isnan(bound)):
        return
    if relation in {"==", "<=", ">="}:
        yield from _told(node, "=", bound, bound)
        return
    beyond = _beyond(bound, upward=relation != "<")
    if beyond is None:
        return
    if relation != "!=" and type(bound) in {int, Uint}:
        yield from _told(node, "=", beyond, beyond)
    else:
        yield from _told(node, relation, bound, beyond)


def _beyond(bound: Any, *, upward: bool) -> Any:
    """Return the next value above or below, or None when there is none to name."""
    step = 1 if upward else -1
    try:
        match bound:
            case bool():
                return not bound
            case Uint():
                return Uint(int(bound) + step)
            case int():
                return bound + step if INT_MIN <= bound + step <= INT_MAX else None
            case float():
                return math.nextafter(bound, math.inf * step)
            case str():
                return bound + "\x01" if upward else bound[:-1] if bound else None
            case Timestamp() | Duration():
                return type(bound)(bound.nanoseconds + step)
    except GuardError:
        return None
    return None


def _keys(node: Expr) -> tuple[Any, ...] | None:
    """Return the steps from the bindings to an input, or None when the node is no plain input."""
    match node:
        case Ident(name=name):
            return (name,)
        case Select(operand=operand, field=key):
            above = _keys(operand)
        case Index(operand=operand, index=Literal(value=key)):
            above = _keys(operand)
        case _:
            return None
    return None if above is None else (*above, key)


def _changed(
    bindings: Mapping[str, Any], keys: tuple[Any, ...] | None, value: Any
) -> Mapping[str, Any] | None:
    """Return a copy of the bindings with another value at the end of the steps."""
    changed: Mapping[str, Any] | None = _replaced(bindings, keys, value) if keys else None
    return changed


def _replaced(container: Any, keys: tuple[Any, ...], value: Any) -> Any:
    key, *rest = keys
    if isinstance(container, Mapping):
        copy: Any = dict(container)
        if not rest and value is _ABSENT:
            copy.pop(key, None)
            return copy
        below = container.get(key, {}) if rest else None
    elif isinstance(container, (list, tuple)) and type(key) is int and 0 <= key < len(container):
        copy = list(container)
        below = container[key]
    else:
        return None
    copy[key] = _replaced(below, tuple(rest), value) if rest else value
    return None if rest and copy[key] is None else copy
