"""Arithmetic of the guard language.

Responsible for `+ - * / %` and unary `-`: 64-bit integers whose overflow is an error, IEEE doubles,
strings, bytes, lists, times. Never mixes number types. Source: cel-spec `doc/langdef.md`,
"Overflow".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.values import (
    INT_MAX,
    INT_MIN,
    LIST_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    UINT_MAX,
    Duration,
    Timestamp,
    Uint,
    duration,
    plain,
    timestamp,
    type_name,
)


def _int(value: int) -> int:
    if INT_MIN <= value <= INT_MAX:
        return value
    raise GuardError("integer overflow", ErrorKind.OVERFLOW)


def _uint(value: int) -> Uint:
    if 0 <= value <= UINT_MAX:
        return Uint(value)
    raise GuardError("unsigned integer overflow", ErrorKind.OVERFLOW)


def _concatenate_text(left: Any, right: Any) -> Any:
    if len(left) + len(right) > TEXT_LENGTH_MAX:
        raise GuardError(f"text longer than {TEXT_LENGTH_MAX} characters", ErrorKind.SIZE)
    return left + right


def _concatenate_lists(left: Any, right: Any) -> list[Any]:
    if len(left) + len(right) > LIST_LENGTH_MAX:
        raise GuardError(f"list longer than {LIST_LENGTH_MAX} elements", ErrorKind.SIZE)
    return [*left, *right]


def _quotient(left: int, right: int) -> int:
    if right == 0:
        raise GuardError("division by zero", ErrorKind.DIVISION_BY_ZERO)
    magnitude = abs(left) // abs(right)
    return magnitude if (left < 0) == (right < 0) else -magnitude


def _remainder(left: int, right: int) -> int:
    if right == 0:
        raise GuardError("modulus by zero", ErrorKind.DIVISION_BY_ZERO)
    magnitude = abs(left) % abs(right)
    return -magnitude if left < 0 else magnitude


def _divide_doubles(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


_Operation = Callable[[Any, Any], Any]
_Table = dict[tuple[type, type], _Operation]

_ADD: _Table = {
    (int, int): lambda a, b: _int(a + b),
    (Uint, Uint): lambda a, b: _uint(int(a) + int(b)),
    (float, float): lambda a, b: a + b,
    (str, str): _concatenate_text,
    (bytes, bytes): _concatenate_text,
    (list, list): _concatenate_lists,
    (tuple, tuple): _concatenate_lists,
    (list, tuple): _concatenate_lists,
    (tuple, list): _concatenate_lists,
    (Timestamp, Duration): lambda a, b: timestamp(a.nanoseconds + b.nanoseconds),
    (Duration, Timestamp): lambda a, b: timestamp(a.nanoseconds + b.nanoseconds),
    (Duration, Duration): lambda a, b: duration(a.nanoseconds + b.nanoseconds),
}
_SUBTRACT: _Table = {
    (int, int): lambda a, b: _int(a - b),
    (Uint, Uint): lambda a, b: _uint(int(a) - int(b)),
    (float, float): lambda a, b: a - b,
    (Timestamp, Timestamp): lambda a, b: duration(a.nanoseconds - b.nanoseconds),
    (Timestamp, Duration): lambda a, b: timestamp(a.nanoseconds - b.nanoseconds),
    (Duration, Duration): lambda a, b: duration(a.nanoseconds - b.nanoseconds),
}
_MULTIPLY: _Table = {
    (int, int): lambda a, b: _int(a * b),
    (Uint, Uint): lambda a, b: _uint(int(a) * int(b)),
    (float, float): lambda a, b: a * b,
}
_DIVIDE: _Table = {
    (int, int): lambda a, b: _int(_quotient(a, b)),
    (Uint, Uint): lambda a, b: _uint(_quotient(int(a), int(b))),
    (float, float): _divide_doubles,
}
_MODULO: _Table = {
    (int, int): _remainder,
    (Uint, Uint): lambda a, b: _uint(_remainder(int(a), int(b))),
}


def _operate(table: _Table, operator: str, left: Any, right: Any) -> Any:
    operation = table.get((type(left), type(right)))
    if operation is None:
        left, right = plain(left), plain(right)
        operation = table.get((type(left), type(right)))
    if operation is None:
        raise GuardError(
            f"no such overload: {type_name(left)} {operator} {type_name(right)}",
            ErrorKind.NO_SUCH_OVERLOAD,
        )
    return operation(left, right)


def add(left: Any, right: Any) -> Any:
    """Return `left + right`."""
    return _operate(_ADD, "+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """Return `left - right`."""
    return _operate(_SUBTRACT, "-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """Return `left * right`."""
    return _operate(_MULTIPLY, "*", left, right)


def divide(left: Any, right: Any) -> Any:
    """Return `left / right`; integers truncate toward zero, doubles follow IEEE 754."""
    return _operate(_DIVIDE, "/", left, right)


def modulo(left: Any, right: Any) -> Any:
    """Return `left % right`, with the sign of `left`."""
    return _operate(_MODULO, "%", left, right)


def negate(value: Any) -> Any:
    """Return `-value`."""
    value = plain(value)
    if type(value) is int:
        return _int(-value)
    if type(value) is float:
        return -value
    raise GuardError(f"no such overload: -{type_name(value)}", ErrorKind.NO_SUCH_OVERLOAD)
