"""The atom by which a guard is found: a test of one field that the guard cannot be true without.

Responsible for recognising equality, `in`, prefix and number-range tests on a path among the
operands of a guard's `&&`. When such a test is false the guard is false, errors elsewhere in it
included (`false && error` is false); when it is an error the guard is not true. Never evaluates
anything.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

import msgspec

from interlock.rulebook.guard.codegen_paths import path_of
from interlock.rulebook.guard.codegen_writer import Path
from interlock.rulebook.guard.nodes import (
    Binary,
    Call,
    Expr,
    Has,
    Ident,
    ListExpr,
    Literal,
    Logical,
    Select,
    Unary,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

INFINITY: Final = float("inf")
_EXACT_MAX: Final = 2**53  # beyond, the language rounds what an index would compare exactly
_FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


class Atom(msgspec.Struct, frozen=True):
    """A necessary test of the value at `path`.

    Attributes:
        path: Binding and fields.
        values: The values it may equal, or None.
        prefix: What the text must start with, or None.
        low: The number it must not be below; a range when the two above are None.
        high: The number it must not be above.
    """

    path: Path
    values: tuple[Any, ...] | None = None
    prefix: str | None = None
    low: float = -INFINITY
    high: float = INFINITY


def atoms_of(expression: Expr) -> list[Atom]:
    """Return the tests that an expression cannot be true without; ranges of one path as one.

    Only those before which nothing can exhaust the cost limit: that error is not absorbed.
    """
    operands = [expression]
    if isinstance(expression, Logical) and expression.operator == "&&":
        operands = list(takewhile(_is_bounded, expression.operands))
    found: list[Atom] = []
    ranges: dict[Path, Atom] = {}
    for operand in operands:
        atom = _atom(operand)
        if atom is None:
            continue
        if atom.values is None and atom.prefix is None:
            known = ranges.get(atom.path, atom)
            low, high = max(known.low, atom.low), min(known.high, atom.high)
            ranges[atom.path] = Atom(atom.path, low=low, high=high)
        else:
            found.append(atom)
    return [*found, *ranges.values()]


def _atom(node: Expr) -> Atom | None:
    match node:
        case Logical(operator="||"):
            return _any_of(node)
        case Call(
            function="startsWith", target=Expr() as text, args=[Literal(value=str() as prefix)]
        ):
            path = path_of(text)
            return None if path is None else Atom(path, prefix=prefix)
        case Binary(operator="in", left=left, right=ListExpr(optional_indices=()) as listed):
            path = path_of(left)
            values = tuple(_literals(listed.elements))
            is_whole = len(values) == len(listed.elements)
            return None if path is None or not is_whole else Atom(path, values)
        case Binary(operator=operator, left=left, right=Literal(value=value)):
            return _comparison(left, operator, value)
        case Binary(operator=operator, left=Literal(value=value), right=right):
            return _comparison(right, _FLIPPED.get(operator, ""), value)
        case _:
            return None


def _is_bounded(operand: Expr) -> bool:
    """Whether its cost is bounded by the length of the source, whatever the data."""
    return all(map(_is_cheap, walk(operand)))


def _is_cheap(node: Expr) -> bool:
    match node:
        case Literal() | Ident() | Has() | Select() | Logical() | Unary(operator="!"):
            return True
        case ListExpr():
            return all(isinstance(element, Literal) for element in node.elements)
        case Binary(operator="in"):
            return isinstance(node.right, ListExpr)
        case Binary(operator=operator):
            is_comparison = operator in _FLIPPED or operator == "!="
            return is_comparison and (
                isinstance(node.left, Literal) or isinstance(node.right, Literal)
            )
        case Call(function="startsWith" | "endsWith", args=[Literal()]) | Call(function="size"):
            return True
        case _:
            return False


def _any_of(node: Logical) -> Atom | None:
    """Return the atom of `x == a || x == b`."""
    values: list[Any] = []
    paths: set[Path] = set()
    for operand in node.operands:
        atom = _atom(operand)
        if atom is None or atom.values is None:
            return None
        paths.add(atom.path)
        values.extend(atom.values)
    return Atom(paths.pop(), tuple(values)) if len(paths) == 1 else None


def _literals(elements: tuple[Expr, ...]) -> Iterator[Any]:
    for element in elements:
        if isinstance(element, Literal) and _is_indexed(element.value):
            yield element.value


def _is_indexed(value: Any) -> bool:
    """Whether a dict finds everything that equals the value; it may find more, as 1 for true."""
    if isinstance(value, (int, float)):
        return -_EXACT_MAX < value < _EXACT_MAX
    return value is None or isinstance(value, (str, bytes))


def _comparison(operand: Expr, operator: str, value: Any) -> Atom | None:
    path = path_of(operand)
    if path is None or not _is_indexed(value):
        return None
    if operator == "==":
        return Atom(path, (value,))
    if isinstance(value, (str, bytes)) or value is None or isinstance(value, bool):
        return None
    # the ends are included: a candidate too many is refused by its guard
    if operator in {">", ">="}:
        return Atom(path, low=float(value))
    if operator in {"<", "<="}:
        return Atom(path, high=float(value))
    return None
