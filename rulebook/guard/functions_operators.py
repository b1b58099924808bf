"""Operators of the guard language, as table entries.

Responsible for signatures, costs and documentation of every operator. `&&`, `||` and `?:` are
listed for their signatures; their evaluation is the evaluator's, because they do not need all
operands. Source: cel-spec `doc/langdef.md`, "List of Standard Definitions".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from interlock.rulebook.guard import arithmetic, comparison
from interlock.rulebook.guard.signature import Function, function
from interlock.rulebook.guard.values import OptionalValue, no_overload

COST_LIMIT: Final = 1_000_000  # units one evaluation may use; deep sizes are not counted further
_NESTED: Final = (list, tuple, Mapping, OptionalValue)


def both_sizes(left: Any, right: Any) -> int:
    """Return the cost of building one text or list from two."""
    if isinstance(left, (str, bytes)) and isinstance(right, (str, bytes)):
        return 1 + (len(left) + len(right)) // 10
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return 1 + (len(left) + len(right)) // 2
    return 1


def traversal(left: Any, right: Any) -> int:
    """Return the cost of comparing two values, which ends at the smaller one."""
    if isinstance(left, (str, bytes)) and isinstance(right, (str, bytes)):
        return 1 + min(len(left), len(right)) // 10
    if not isinstance(left, _NESTED) or not isinstance(right, _NESTED):
        return 1
    limit = comparison.deep_size(left, COST_LIMIT + 1)
    return comparison.deep_size(right, limit)


def membership(element: Any, container: Any) -> int:
    """Return the cost of `element in container`."""
    return pairwise((element,), container) if isinstance(container, (list, tuple)) else 1


def pairwise(left: Any, right: Any) -> int:
    """Return the cost of comparing each element of one list with each of another."""
    if not isinstance(left, (list, tuple)) or not isinstance(right, (list, tuple)):
        return 1
    smaller = min((left, right), key=len)
    size = comparison.deep_size(smaller, COST_LIMIT + 1)
    return min(1 + (size - 1) * max(len(left), len(right)), COST_LIMIT + 1)


def _logical_not(value: Any) -> bool:
    if type(value) is bool:
        return not value
    raise no_overload("!_", value)


def _evaluated_elsewhere(*args: Any) -> Any:
    raise no_overload("operator", *args)


_ORDERED = ("bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration")
_ORDERING = (
    *(f"({name}, {name}) -> bool" for name in _ORDERED),
    *(
        f"({left}, {right}) -> bool"
        for left in ("int", "uint", "double")
        for right in ("int", "uint", "double")
        if left != right
    ),
)
_SAME_NUMBERS = ("(int, int) -> int", "(uint, uint) -> uint", "(double, double) -> double")

OPERATORS: Final[tuple[Function, ...]] = (
    function("!_", _logical_not, "logical not", "(bool) -> bool"),
    function("-_", arithmetic.negate, "negation", "(int) -> int", "(double) -> double"),
    function(
        "_+_",
        arithmetic.add,
        "sum, or concatenation of text and lists",
        *_SAME_NUMBERS,
        "(string, string) -> string",
        "(bytes, bytes) -> bytes",
        "(list(A), list(A)) -> list(A)",
        "(timestamp, duration) -> timestamp",
        "(duration, timestamp) -> timestamp",
        "(duration, duration) -> duration",
        cost=both_sizes,
    ),
    function(
        "_-_",
        arithmetic.subtract,
        "difference",
        *_SAME_NUMBERS,
        "(timestamp, timestamp) -> duration",
        "(timestamp, duration) -> timestamp",
        "(duration, duration) -> duration",
    ),
    function("_*_", arithmetic.multiply, "product", *_SAME_NUMBERS),
    function("_/_", arithmetic.divide, "quotient; integers truncate toward zero", *_SAME_NUMBERS),
    function("_%_", arithmetic.modulo, "remainder, with the sign of the left", *_SAME_NUMBERS[:2]),
    function("_==_", comparison.equals, "equality", "(A, A) -> bool", cost=traversal),
    function("_!=_", comparison.not_equals, "inequality", "(A, A) -> bool", cost=traversal),
    function("_<_", comparison.less, "less", *_ORDERING, cost=traversal),
    function("_<=_", comparison.less_or_equal, "less or equal", *_ORDERING, cost=traversal),
    function("_>_", comparison.greater, "greater", *_ORDERING, cost=traversal),
    function("_>=_", comparison.greater_or_equal, "greater or equal", *_ORDERING, cost=traversal),
    function(
        "@in",
        comparison.is_in,
        "whether a list has the element, or a map the key",
        "(A, list(A)) -> bool",
        "(A, map(A, B)) -> bool",
        cost=membership,
    ),
    function(
        "_[_]",
        comparison.index,
        "element of a list, value of a map",
        "(list(A), int) -> A",
        "(map(A, B), A) -> B",
        "(optional_type(list(A)), int) -> optional_type(A)",
        "(optional_type(map(A, B)), A) -> optional_type(B)",
    ),
    function("_&&_", _evaluated_elsewhere, "logical and", "(bool, bool, ...) -> bool"),
    function("_||_", _evaluated_elsewhere, "logical or", "(bool, bool, ...) -> bool"),
    function("_?_:_", _evaluated_elsewhere, "conditional", "(bool, A, A) -> A"),
)
