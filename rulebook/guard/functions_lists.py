"""Lists, sets and optional values, as table entries.

Responsible for the `lists`, `sets` and optional-types extensions. `or` and `orValue` are called
with both operands here; the evaluator does not evaluate the second when the first has a value.
Source: cel-go `ext/README.md`, "Lists", "Sets", and `cel.OptionalTypes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cmp_to_key
from typing import Any, Final

from interlock.rulebook.guard.comparison import compare, equals, is_in
from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.functions_operators import pairwise
from interlock.rulebook.guard.signature import Function, function
from interlock.rulebook.guard.values import (
    LIST_LENGTH_MAX,
    NONE,
    Duration,
    OptionalValue,
    Timestamp,
    no_overload,
    plain,
    type_name,
)

_LISTS: Final = (list, tuple)


def _reverse(value: Any) -> Any:
    if isinstance(value, str):
        return value[::-1]
    if isinstance(value, _LISTS):
        return list(value[::-1])
    raise no_overload("reverse", value)


def _slice(values: Any, start: Any, end: Any) -> list[Any]:
    if not isinstance(values, _LISTS) or type(start) is not int or type(end) is not int:
        raise no_overload("slice", values, start, end)
    if not 0 <= start <= end <= len(values):
        raise GuardError(f"slice {start}..{end} is outside 0..{len(values)}", ErrorKind.INDEX)
    return list(values[start:end])


def _flatten(values: Any, depth: Any = 1) -> list[Any]:
    if not isinstance(values, _LISTS) or type(depth) is not int:
        raise no_overload("flatten", values, depth)
    if depth < 0:
        raise GuardError("flatten: negative depth")
    pending = [(values, 0)] if depth == 0 else [(item, 0) for item in reversed(values)]
    if depth == 0:
        return list(values)
    flat: list[Any] = []
    while pending:
        item, level = pending.pop()
        if isinstance(item, _LISTS) and level < depth:
            pending.extend((inner, level + 1) for inner in reversed(item))
        else:
            flat.append(item)
        if len(flat) + len(pending) > LIST_LENGTH_MAX:
            raise GuardError(f"list longer than {LIST_LENGTH_MAX} elements", ErrorKind.SIZE)
    return flat


def _distinct(values: Any) -> list[Any]:
    if not isinstance(values, _LISTS):
        raise no_overload("distinct", values)
    kept: list[Any] = []
    for value in values:
        if not is_in(value, kept):
            kept.append(value)
    return kept


def _range(count: Any) -> list[int]:
    if type(count) is not int:
        raise no_overload("lists.range", count)
    if count > LIST_LENGTH_MAX:
        raise GuardError(f"list longer than {LIST_LENGTH_MAX} elements", ErrorKind.SIZE)
    return list(range(count))


def _sort(values: Any) -> list[Any]:
    if not isinstance(values, _LISTS):
        raise no_overload("sort", values)
    kinds = {type_name(value) for value in values}
    if len(kinds) > 1:
        raise GuardError(f"sort: elements of types {', '.join(sorted(kinds))}")
    for value in values[:1]:
        compare("<", value, value)
    return sorted(values, key=cmp_to_key(lambda a, b: compare("<", a, b) or 0))


def _first(values: Any) -> OptionalValue:
    if not isinstance(values, _LISTS):
        raise no_overload("first", values)
    return OptionalValue(has_value=True, value=values[0]) if values else NONE


def _last(values: Any) -> OptionalValue:
    if not isinstance(values, _LISTS):
        raise no_overload("last", values)
    return OptionalValue(has_value=True, value=values[-1]) if values else NONE


def _sets(name: str, judge: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def call(left: Any, right: Any) -> bool:
        if not isinstance(left, _LISTS) or not isinstance(right, _LISTS):
            raise no_overload(name, left, right)
        return judge(left, right)

    return call


def _covers(left: Any, right: Any) -> bool:
    return all(is_in(item, left) for item in right)


def _with_itself(values: Any) -> int:
    return pairwise(values, values)


def _sorting(values: Any) -> int:
    return 1 + len(values) * len(values).bit_length() if isinstance(values, _LISTS) else 1


def _linear(values: Any, *_rest: Any) -> int:
    return 1 + len(values) if isinstance(values, _LISTS) else 1


def _counted(count: Any) -> int:
    return 1 + min(max(count, 0), LIST_LENGTH_MAX) if type(count) is int else 1


def _of(value: Any) -> OptionalValue:
    return OptionalValue(has_value=True, value=value)


def is_zero(value: Any) -> bool:
    """Tell whether a value is the zero of its type: empty, 0, false, null or the epoch."""
    value = plain(value)
    match value:
        case None:
            return True
        case bool() | int() | float():
            return bool(equals(value, type(value)(0)))
        case str() | bytes() | list() | tuple():
            return len(value) == 0
        case Timestamp(nanoseconds=count) | Duration(nanoseconds=count):
            return count == 0
        case OptionalValue():
            return not value.has_value
        case Mapping():
            return len(value) == 0
        case _:
            return False


def _of_non_zero(value: Any) -> OptionalValue:
    return NONE if is_zero(value) else _of(value)


def _optional(name: str, value: Any, *rest: Any) -> OptionalValue:
    if not isinstance(value, OptionalValue):
        raise no_overload(name, value, *rest)
    return value


def _value(value: Any) -> Any:
    if not _optional("value", value).has_value:
        raise GuardError("optional.none() has no value")
    return value.value


def _has_value(value: Any) -> bool:
    return _optional("hasValue", value).has_value


def _or(value: Any, other: Any) -> OptionalValue:
    return value if _optional("or", value, other).has_value else _optional("or", other)


def _or_value(value: Any, other: Any) -> Any:
    return value.value if _optional("orValue", value, other).has_value else other


def _unwrap(values: Any) -> list[Any]:
    if not isinstance(values, _LISTS):
        raise no_overload("optional.unwrap", values)
    return [item.value for item in values if _optional("optional.unwrap", item).has_value]


def _none() -> OptionalValue:
    return NONE


LISTS: Final[tuple[Function, ...]] = (
    function(
        "reverse",
        _reverse,
        "in reverse order",
        "string.() -> string",
        "list(A).() -> list(A)",
        cost=_linear,
    ),
    function(
        "slice",
        _slice,
        "elements from a start to an end",
        "list(A).(int, int) -> list(A)",
        cost=_linear,
    ),
    function(
        "flatten",
        _flatten,
        "nested lists opened, one level or so many",
        "list(dyn).() -> list(dyn)",
        "list(dyn).(int) -> list(dyn)",
        cost=_linear,
    ),
    function(
        "distinct", _distinct, "each element once", "list(A).() -> list(A)", cost=_with_itself
    ),
    function("sort", _sort, "in ascending order", "list(A).() -> list(A)", cost=_sorting),
    function("first", _first, "the first element, if any", "list(A).() -> optional_type(A)"),
    function("last", _last, "the last element, if any", "list(A).() -> optional_type(A)"),
    function(
        "lists.range",
        _range,
        "0 up to a count, excluded",
        "(int) -> list(int)",
        cost=_counted,
    ),
    function(
        "sets.contains",
        _sets("sets.contains", _covers),
        "whether the first list has every element of the second",
        "(list(A), list(A)) -> bool",
        cost=pairwise,
    ),
    function(
        "sets.equivalent",
        _sets("sets.equivalent", lambda a, b: _covers(a, b) and _covers(b, a)),
        "whether each list has every element of the other",
        "(list(A), list(A)) -> bool",
        cost=pairwise,
    ),
    function(
        "sets.intersects",
        _sets("sets.intersects", lambda a, b: any(is_in(item, b) for item in a)),
        "whether the lists share an element",
        "(list(A), list(A)) -> bool",
        cost=pairwise,
    ),
)

OPTIONALS: Final[tuple[Function, ...]] = (
    function("optional.of", _of, "a present value", "(A) -> optional_type(A)"),
    function("optional.none", _none, "an absent value", "() -> optional_type(A)"),
    function(
        "optional.ofNonZeroValue",
        _of_non_zero,
        "present unless it is the zero of its type",
        "(A) -> optional_type(A)",
    ),
    function(
        "optional.unwrap",
        _unwrap,
        "the values that are present",
        "(list(optional_type(A))) -> list(A)",
        cost=_linear,
    ),
    function(
        "unwrapOpt",
        _unwrap,
        "the values that are present",
        "list(optional_type(A)).() -> list(A)",
        cost=_linear,
    ),
    function("value", _value, "the value; an error when absent", "optional_type(A).() -> A"),
    function("hasValue", _has_value, "whether present", "optional_type(A).() -> bool"),
    function(
        "or",
        _or,
        "this when present, else the other",
        "optional_type(A).(optional_type(A)) -> optional_type(A)",
    ),
    function(
        "orValue", _or_value, "the value, or the other when absent", "optional_type(A).(A) -> A"
    ),
)
