"""The `math` extension, as table entries.

Responsible for extremes, rounding, signs, floating-point tests and bit operations.
Source: cel-go `ext/README.md`, "Math".
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.comparison import compare
from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.signature import Function, function
from interlock.rulebook.guard.values import (
    INT_MAX,
    INT_MIN,
    UINT_MAX,
    Uint,
    no_overload,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_WIDTH: Final = 64


def _extreme(name: str, operator: str, wanted: int) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        values = args
        if len(args) == 1 and isinstance(args[0], (list, tuple)):
            values = tuple(args[0])
        if not values:
            raise GuardError(f"{name} needs at least one number")
        best = None
        for value in map(plain, values):
            if type(value) not in {int, Uint, float}:
                raise no_overload(name, *args)
            if best is None or compare(operator, value, best) == wanted:
                best = value
        return best

    return call


def _double(name: str, call: Callable[[float], Any]) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        value = plain(value)
        if type(value) is not float:
            raise no_overload(name, value)
        return call(value)

    return checked


def _finite(call: Callable[[float], int]) -> Callable[[float], float]:
    def rounded(value: float) -> float:
        return math.copysign(float(call(value)), value) if math.isfinite(value) else value

    return rounded


def _away_from_zero(value: float) -> int:
    whole = math.trunc(value)
    if abs(value - whole) >= 0.5:  # noqa: PLR2004 - a tie
        whole += 1 if value > 0 else -1
    return whole


def _abs(value: Any) -> Any:
    value = plain(value)
    if type(value) is int and value == INT_MIN:
        raise GuardError("integer overflow", ErrorKind.OVERFLOW)
    if type(value) is Uint:
        return value
    if type(value) in {int, float}:
        return abs(value)
    raise no_overload("math.abs", value)


def _sign(value: Any) -> Any:
    value = plain(value)
    if type(value) not in {int, Uint, float}:
        raise no_overload("math.sign", value)
    if value != value:  # noqa: PLR0124 - NaN
        return value
    return type(value)((value > 0) - (value < 0))


def _sqrt(value: Any) -> float:
    value = plain(value)
    if type(value) not in {int, Uint, float}:
        raise no_overload("math.sqrt", value)
    return math.sqrt(value) if value >= 0 else math.nan


def _bits(name: str, combine: Callable[[int, int], int]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        values = [plain(value) for value in args]
        if len(values) == 1 and type(values[0]) is list:
            values = [plain(value) for value in values[0]]
        kind = type(values[0]) if values else None
        if kind not in {int, Uint} or any(type(value) is not kind for value in values):
            raise no_overload(name, *args)
        result = int(values[0])
        for value in values[1:]:
            result = combine(result, int(value))
        return Uint(result) if kind is Uint else result

    return call


def _bit_not(value: Any) -> Any:
    value = plain(value)
    if type(value) is int:
        return ~value
    if type(value) is Uint:
        return Uint(UINT_MAX - int(value))
    raise no_overload("math.bitNot", value)


def _shift(name: str, shifted: Callable[[int, int], int]) -> Callable[[Any, Any], Any]:
    def call(value: Any, offset: Any) -> Any:
        value, offset = plain(value), plain(offset)
        if type(value) not in {int, Uint} or type(offset) is not int:
            raise no_overload(name, value, offset)
        if offset < 0:
            raise GuardError(f"{name}: negative offset {offset}")
        # both shifts work on the 64 bits, so that the sign is not spread
        bits = shifted(int(value) & UINT_MAX, offset) & UINT_MAX if offset < _WIDTH else 0
        if type(value) is Uint:
            return Uint(bits)
        return bits if bits <= INT_MAX else bits - UINT_MAX - 1

    return call


def _counting(*args: Any) -> int:
    return 1 + sum(len(arg) for arg in args if isinstance(arg, (list, tuple)))


_EXTREMES = (
    "(int) -> int",
    "(uint) -> uint",
    "(double) -> double",
    "(list(int)) -> int",
    "(list(uint)) -> uint",
    "(list(double)) -> double",
    "(list(dyn)) -> dyn",
    "(int, int, ...) -> int",
    "(uint, uint, ...) -> uint",
    "(double, double, ...) -> double",
    "(dyn, dyn, ...) -> dyn",
)
_ON_DOUBLE = "(double) -> double"
_TEST = "(double) -> bool"
_BITWISE = (
    "(int, int, ...) -> int",
    "(uint, uint, ...) -> uint",
    "(list(int)) -> int",
    "(list(uint)) -> uint",
)
_SHIFTS = ("(int, int) -> int", "(uint, int) -> uint")
_EACH_NUMBER = ("(int) -> int", "(uint) -> uint", "(double) -> double")
_TO_DOUBLE = ("(double) -> double", "(int) -> double", "(uint) -> double")


def _rounding(name: str, call: Callable[[float], int], doc: str) -> Function:
    return function(name, _double(name, _finite(call)), doc, _ON_DOUBLE)


MATH: Final[tuple[Function, ...]] = (
    function(
        "math.greatest",
        _extreme("math.greatest", ">", 1),
        "the greatest number",
        *_EXTREMES,
        cost=_counting,
    ),
    function(
        "math.least",
        _extreme("math.least", "<", -1),
        "the least number",
        *_EXTREMES,
        cost=_counting,
    ),
    _rounding("math.ceil", math.ceil, "rounded up"),
    _rounding("math.floor", math.floor, "rounded down"),
    _rounding("math.round", _away_from_zero, "rounded to the nearest, ties away from zero"),
    _rounding("math.trunc", math.trunc, "rounded toward zero"),
    function("math.abs", _abs, "the absolute value", *_EACH_NUMBER),
    function("math.sign", _sign, "-1, 0 or 1", *_EACH_NUMBER),
    function("math.sqrt", _sqrt, "the square root; NaN of a negative", *_TO_DOUBLE),
    function("math.isNaN", _double("math.isNaN", math.isnan), "whether NaN", _TEST),
    function("math.isInf", _double("math.isInf", math.isinf), "whether infinite", _TEST),
    function("math.isFinite", _double("math.isFinite", math.isfinite), "whether finite", _TEST),
    function(
        "math.bitAnd",
        _bits("math.bitAnd", lambda a, b: a & b),
        "bitwise and",
        *_BITWISE,
        cost=_counting,
    ),
    function(
        "math.bitOr",
        _bits("math.bitOr", lambda a, b: a | b),
        "bitwise or",
        *_BITWISE,
        cost=_counting,
    ),
    function(
        "math.bitXor",
        _bits("math.bitXor", lambda a, b: a ^ b),
        "exclusive or",
        *_BITWISE,
        cost=_counting,
    ),
    function("math.bitNot", _bit_not, "ones' complement", "(int) -> int", "(uint) -> uint"),
    function(
        "math.bitShiftLeft",
        _shift("math.bitShiftLeft", lambda bits, offset: bits << offset),
        "shifted left, zeros filled in",
        *_SHIFTS,
    ),
    function(
        "math.bitShiftRight",
        _shift("math.bitShiftRight", lambda bits, offset: bits >> offset),
        "shifted right, zeros filled in",
        *_SHIFTS,
    ),
)
