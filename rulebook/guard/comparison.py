"""Equality, ordering, membership and look-up of the guard language.

Responsible for comparing values across number types by mathematical value, for keeping `true` and
`1` apart (Python does not), and for map and list look-up. Never changes a value. Source: cel-spec
`doc/langdef.md`, "Equality and Ordering"; where that page and the conformance tests differ (values
of different types are unequal, NaN equals nothing) the tests are followed. An integer beside a
double is compared as the nearest double, as cel-go and cel-cpp do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.values import (
    Duration,
    OptionalValue,
    Timestamp,
    Uint,
    no_overload,
    plain,
    type_name,
)

MISSING: Final = object()
_NUMBERS: Final = frozenset({int, Uint, float})
_LISTS: Final = (list, tuple)


def equals(left: Any, right: Any) -> bool:
    """Return `left == right`; values of different types are unequal, numbers compare by value."""
    left_type, right_type = type(left), type(right)
    if left_type in _NUMBERS and right_type in _NUMBERS:
        if left_type is not right_type and float in {left_type, right_type}:
            return float(left) == float(right)
        return bool(left == right)
    if left_type is bool or right_type is bool:
        return left is right
    if isinstance(left, _LISTS):
        return (
            isinstance(right, _LISTS) and len(left) == len(right) and all(map(equals, left, right))
        )
    if isinstance(left, Mapping):
        return isinstance(right, Mapping) and _equal_maps(left, right)
    if isinstance(left, OptionalValue) and isinstance(right, OptionalValue):
        return left.has_value == right.has_value and equals(left.value, right.value)
    return bool(left == right)


def _equal_maps(left: Mapping[Any, Any], right: Mapping[Any, Any]) -> bool:
    if len(left) != len(right):
        return False
    for key, value in left.items():
        other = find(right, key)
        if other is MISSING or not equals(value, other):
            return False
    return True


def find(mapping: Mapping[Any, Any], key: Any) -> Any:
    """Return the value at `key`, or `MISSING`; number keys are found by mathematical value."""
    if type(key) is str:
        return mapping.get(key, MISSING)
    if type(key) is bool:
        return next((value for stored, value in mapping.items() if stored is key), MISSING)
    key = plain(key)
    if type(key) is not str and type(key) not in _NUMBERS:
        return MISSING
    value = mapping.get(key, MISSING)
    if value is MISSING or type(key) is str or key not in (0, 1) or type(mapping) is not dict:
        return value
    return MISSING if any(stored is (key == 1) for stored in mapping) else value


_ORDERED: Final = frozenset({bool, str, bytes, Timestamp, Duration})


def compare(operator: str, left: Any, right: Any) -> int | None:
    """Return -1, 0 or 1 as `left` is below, at or above `right`; None when either is NaN.

    Raises:
        GuardError: the two types have no order.
    """
    left_type, right_type = type(left), type(right)
    comparable = (left_type in _NUMBERS and right_type in _NUMBERS) or (
        left_type is right_type and left_type in _ORDERED
    )
    if not comparable:
        plain_left, plain_right = plain(left), plain(right)
        if type(plain_left) is left_type and type(plain_right) is right_type:
            raise GuardError(
                f"no such overload: {type_name(left)} {operator} {type_name(right)}",
                ErrorKind.NO_SUCH_OVERLOAD,
            )
        return compare(operator, plain_left, plain_right)
    if left_type is not right_type and float in {left_type, right_type}:
        left, right = float(left), float(right)
    if left < right:
        return -1
    if left > right:
        return 1
    return 0 if left == right else None


def less(left: Any, right: Any) -> bool:
    """Return `left < right`."""
    return compare("<", left, right) == -1


def less_or_equal(left: Any, right: Any) -> bool:
    """Return `left <= right`."""
    return compare("<=", left, right) in (-1, 0)


def greater(left: Any, right: Any) -> bool:
    """Return `left > right`."""
    return compare(">", left, right) == 1


def greater_or_equal(left: Any, right: Any) -> bool:
    """Return `left >= right`."""
    return compare(">=", left, right) in (0, 1)


def not_equals(left: Any, right: Any) -> bool:
    """Return `left != right`."""
    return not equals(left, right)


def is_in(element: Any, container: Any) -> bool:
    """Return `element in container`, for a list or for the keys of a map."""
    if isinstance(container, _LISTS):
        return any(equals(element, item) for item in container)
    if isinstance(container, Mapping):
        return find(container, element) is not MISSING
    raise GuardError(
        f"no such overload: {type_name(element)} in {type_name(container)}",
        ErrorKind.NO_SUCH_OVERLOAD,
    )


def index(container: Any, key: Any) -> Any:
    """Return `container[key]`; a list takes a whole number of any type."""
    found = find_index(container, key)
    if found is not MISSING:
        return found
    if isinstance(container, Mapping):
        raise GuardError(f"no such key: {describe_key(key)}", ErrorKind.NO_SUCH_KEY)
    raise GuardError(f"index {key} out of range 0..{len(container) - 1}", ErrorKind.INDEX)


def find_index(container: Any, key: Any) -> Any:
    """Return `container[key]` or `MISSING`.

    Raises:
        GuardError: the container is neither list nor map, or the key no whole number for a list.
    """
    if isinstance(container, Mapping):
        return find(container, key)
    if not isinstance(container, _LISTS):
        raise no_overload("_[_]", container, key)
    key = plain(key)
    if type(key) not in _NUMBERS or key != key or key in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
        raise no_overload("_[_]", container, key)
    if key != int(key):
        raise GuardError(f"index {key} is no whole number", ErrorKind.INDEX)
    return container[int(key)] if 0 <= key < len(container) else MISSING


def select(operand: Any, field: str) -> Any:
    """Return `operand.field`."""
    found = find_field(operand, field)
    if found is MISSING:
        raise GuardError(f"no such key: {describe_key(field)}", ErrorKind.NO_SUCH_KEY)
    return found


def find_field(operand: Any, field: str) -> Any:
    """Return `operand.field` or `MISSING`.

    Raises:
        GuardError: the operand is no map.
    """
    if isinstance(operand, Mapping):
        return operand.get(field, MISSING)
    raise GuardError(f"a {type_name(operand)} has no field `{field}`", ErrorKind.NO_SUCH_FIELD)


def describe_key(key: Any) -> str:
    """Return a key as a message shows it, long ones cut."""
    text = repr(key) if not isinstance(key, bool) else str(key).lower()
    limit = 60
    return text if len(text) <= limit else f"{text[:limit]}..."


def deep_size(value: Any, limit: int) -> int:
    """Return the number of values inside `value`, itself included, counted no further than `limit`.

    Text counts one for ten characters: the cost of traversing it.
    """
    pending = [value]
    size = 0
    while pending and size < limit:
        current = pending.pop()
        size += 1
        if isinstance(current, (str, bytes)):
            size += len(current) // 10
        elif isinstance(current, _LISTS):
            pending.extend(current)
        elif isinstance(current, Mapping):
            pending.extend(current)
            pending.extend(current.values())
        elif isinstance(current, OptionalValue):
            pending.append(current.value)
    return size
