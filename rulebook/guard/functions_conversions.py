"""Conversions and other standard functions that are no operators and no string methods.

Responsible for `int uint double string bytes bool timestamp duration type dyn size`.
Source: cel-spec `doc/langdef.md`, "List of Standard Definitions"; number text as cel-go writes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.signature import Function, function
from interlock.rulebook.guard.times import (
    format_duration,
    format_timestamp,
    parse_duration,
    parse_timestamp,
)
from interlock.rulebook.guard.values import (
    INT_MAX,
    INT_MIN,
    NANOSECONDS,
    UINT_MAX,
    Duration,
    Timestamp,
    Uint,
    no_overload,
    plain,
    timestamp,
    type_of,
)

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DOUBLE = r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity|nan)"
_NUMBER_LENGTH_MAX: Final = 400  # more digits than any number of 64 bits needs
_BOOLS: Final = dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "false", "FALSE", "False"), False
)


def _cannot(value: Any, target: str) -> GuardError:
    text = repr(value) if type(value) is not Uint else f"{int(value)}u"
    return GuardError(f"{text[:60]} cannot be {target}", ErrorKind.CONVERSION)


def _whole(value: float, target: str) -> int:
    if not math.isfinite(value):
        raise _cannot(value, target)
    return int(value)


def _digits(text: str, target: str) -> int:
    if len(text) > _NUMBER_LENGTH_MAX or not _INTEGER.fullmatch(text):
        raise _cannot(text, target)
    return int(text)


def to_int(value: Any) -> int:
    """Return the value as int: doubles truncate, timestamps give seconds since 1970."""
    value = plain(value)
    match value:
        case bool():
            raise no_overload("int", value)
        case Uint():
            number = int(value)
        case int():
            return value
        case float():
            number = _whole(value, "int")
            # 2**63 as a double stands for a range of which most is outside
            if not INT_MIN < value < INT_MAX:
                raise _cannot(value, "int")
        case str():
            number = _digits(value, "int")
        case Timestamp():
            return value.nanoseconds // NANOSECONDS
        case _:
            raise no_overload("int", value)
    if not INT_MIN <= number <= INT_MAX:
        raise _cannot(value, "int")
    return number


def to_uint(value: Any) -> Uint:
    """Return the value as uint: doubles truncate."""
    value = plain(value)
    match value:
        case bool():
            raise no_overload("uint", value)
        case Uint():
            return value
        case int():
            number = value
        case float():
            number = _whole(value, "uint") if value >= 0 else -1
        case str():
            number = -1 if value[:1] in {"+", "-"} else _digits(value, "uint")
        case _:
            raise no_overload("uint", value)
    if not 0 <= number <= UINT_MAX:
        raise _cannot(value, "uint")
    return Uint(number)


def to_double(value: Any) -> float:
    """Return the value as double."""
    value = plain(value)
    if type(value) in {int, Uint, float}:
        return float(value)
    if type(value) is not str:
        raise no_overload("double", value)
    if len(value) > _NUMBER_LENGTH_MAX or not re.fullmatch(
        _DOUBLE, value, re.IGNORECASE | re.ASCII
    ):
        raise _cannot(value, "double")
    number = float(value)
    if math.isinf(number) and value[-1] in "0123456789.":
        raise _cannot(value, "double")
    return number


def to_bytes(value: Any) -> bytes:
    """Return a string's UTF-8."""
    value = plain(value)
    if type(value) is bytes:
        return value
    if type(value) is not str:
        raise no_overload("bytes", value)
    return value.encode("utf-8", "surrogatepass")


def to_bool(value: Any) -> bool:
    """Return the bool that `true`, `false`, `t`, `f`, `1`, `0` and their capitals name."""
    value = plain(value)
    if type(value) is bool:
        return value
    if type(value) is not str:
        raise no_overload("bool", value)
    if value not in _BOOLS:
        raise _cannot(value, "bool")
    return _BOOLS[value]


def to_string(value: Any) -> str:
    """Return the value as text."""
    value = plain(value)
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value))
        case float():
            return format_double(value)
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                raise GuardError("bytes are no UTF-8", ErrorKind.CONVERSION) from None
        case Timestamp():
            return format_timestamp(value)
        case Duration():
            return format_duration(value)
        case _:
            raise no_overload("string", value)


def format_double(value: float) -> str:
    """Return the shortest text that reads back, as Go's `%g` writes it: `1e+06`, `-0.0045`."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign, digit_tuple, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, digit_tuple))
    power = int(exponent) + len(digits) - 1
    minus = "-" if sign else ""
    if -4 <= power < 6:  # noqa: PLR2004 - Go's limits for shortest text
        return minus + format(Decimal(repr(abs(value))), "f").removesuffix(".0")
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{fraction}e{power:+03d}"


def to_timestamp(value: Any) -> Timestamp:
    """Return the instant of RFC 3339 text or of seconds since 1970."""
    value = plain(value)
    match value:
        case Timestamp():
            return value
        case str():
            return parse_timestamp(value)
        case bool() | Uint():
            raise no_overload("timestamp", value)
        case int():
            return timestamp(value * NANOSECONDS)
        case _:
            raise no_overload("timestamp", value)


def to_duration(value: Any) -> Duration:
    """Return the length of time of text such as `1h30m`."""
    value = plain(value)
    if isinstance(value, Duration):
        return value
    if type(value) is not str:
        raise no_overload("duration", value)
    return parse_duration(value)


def to_dyn(value: Any) -> Any:
    """Return the value; only the checker sees a difference."""
    return value


def size(value: Any) -> int:
    """Return the number of code points, bytes, elements or entries."""
    if isinstance(value, (str, bytes, list, tuple, Mapping)):
        return len(value)
    raise no_overload("size", value)


def text_cost(value: Any, *_rest: Any) -> int:
    """Return the cost of reading the first argument when it is text."""
    return 1 + len(value) // 10 if isinstance(value, (str, bytes)) else 1


CONVERSIONS: Final[tuple[Function, ...]] = (
    function(
        "int",
        to_int,
        "conversion to int",
        *(f"({source}) -> int" for source in ("int", "uint", "double", "string", "timestamp")),
        cost=text_cost,
    ),
    function(
        "uint",
        to_uint,
        "conversion to uint",
        *(f"({source}) -> uint" for source in ("uint", "int", "double", "string")),
        cost=text_cost,
    ),
    function(
        "double",
        to_double,
        "conversion to double",
        *(f"({source}) -> double" for source in ("double", "int", "uint", "string")),
        cost=text_cost,
    ),
    function(
        "string",
        to_string,
        "conversion to text",
        *(
            f"({source}) -> string"
            for source in (
                "string",
                "bool",
                "int",
                "uint",
                "double",
                "bytes",
                "timestamp",
                "duration",
            )
        ),
        cost=text_cost,
    ),
    function(
        "bytes",
        to_bytes,
        "UTF-8 of a string",
        "(bytes) -> bytes",
        "(string) -> bytes",
        cost=text_cost,
    ),
    function(
        "bool",
        to_bool,
        "conversion to bool",
        "(bool) -> bool",
        "(string) -> bool",
        cost=text_cost,
    ),
    function(
        "timestamp",
        to_timestamp,
        "instant of RFC 3339 text or of seconds since 1970",
        "(timestamp) -> timestamp",
        "(string) -> timestamp",
        "(int) -> timestamp",
        cost=text_cost,
    ),
    function(
        "duration",
        to_duration,
        "length of time of text such as `1h30m`",
        "(duration) -> duration",
        "(string) -> duration",
        cost=text_cost,
    ),
    function("dyn", to_dyn, "the same value, unchecked", "(A) -> dyn"),
    function("type", type_of, "the type of a value", "(A) -> type(A)"),
    function(
        "size",
        size,
        "number of code points, bytes, elements or entries",
        *(
            f"{form} -> int"
            for source in ("string", "bytes", "list(A)", "map(A, B)")
            for form in (f"({source})", f"{source}.()")
        ),
    ),
)
