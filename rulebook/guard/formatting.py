"""`format`: text with `%s %d %f %e %b %o %x %X` clauses filled from a list.

Responsible for parsing the clauses and writing each value. Output is bounded by `TEXT_LENGTH_MAX`.
Source: cel-spec `doc/extensions/strings.md`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.times import format_duration, format_timestamp
from interlock.rulebook.guard.values import (
    TEXT_LENGTH_MAX,
    CelType,
    Duration,
    Timestamp,
    no_overload,
    plain,
    type_name,
)

_CLAUSE = re.compile(r"%(?:\.([0-9]+))?(.?)", re.DOTALL)
_PRECISION_MAX: Final = 100
_PRECISION_DEFAULT: Final = 6
_NESTING_MAX: Final = 128


def format_text(template: Any, values: Any) -> str:
    """Return the template with its clauses filled.

    Raises:
        GuardError: a clause is malformed, lacks a value, or does not take its value's type.
    """
    if not isinstance(template, str) or not isinstance(values, (list, tuple)):
        raise no_overload("format", template, values)
    parts: list[str] = []
    position = used = length = 0
    for match in _CLAUSE.finditer(template):
        parts.append(template[position : match.start()])
        position = match.end()
        if match[0] == "%%":
            parts.append("%")
            continue
        if used >= len(values):
            raise GuardError(f"format: index {used} out of range", ErrorKind.INDEX)
        parts.append(_clause(match[2], _precision(match[1]), plain(values[used])))
        used += 1
        length += len(parts[-1])
        if length > TEXT_LENGTH_MAX:
            raise GuardError(f"text longer than {TEXT_LENGTH_MAX} characters", ErrorKind.SIZE)
    parts.append(template[position:])
    return "".join(parts)


def _precision(digits: str | None) -> int | None:
    if digits is None:
        return None
    if len(digits) > 3 or int(digits) > _PRECISION_MAX:  # noqa: PLR2004 - digits of the limit
        raise GuardError(f"format: precision above {_PRECISION_MAX}")
    return int(digits)


def _clause(letter: str, precision: int | None, value: Any) -> str:
    if letter in _WITH_PRECISION:
        return _WITH_PRECISION[letter](
            value, _PRECISION_DEFAULT if precision is None else precision
        )
    if letter not in _CLAUSES:
        raise GuardError(f"format: unknown clause %{letter}")
    if precision is not None:
        raise GuardError(f"format: %{letter} takes no precision")
    return _CLAUSES[letter](value)


def _refuse(letter: str, value: Any) -> GuardError:
    return GuardError(
        f"format: %{letter} does not take {type_name(value)}", ErrorKind.NO_SUCH_OVERLOAD
    )


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _double(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def _decimal(value: Any) -> str:
    if _is_integer(value):
        return str(int(value))
    if isinstance(value, float):
        return _double(value)
    raise _refuse("d", value)


def _float_clause(letter: str) -> Callable[[Any, int], str]:
    def write(value: Any, precision: int) -> str:
        if not _is_integer(value) and not isinstance(value, float):
            raise _refuse(letter, value)
        number = float(value)
        return f"{number:.{precision}{letter}}" if math.isfinite(number) else _double(number)

    return write


def _radix(letter: str, spec: str) -> Callable[[Any], str]:
    def write(value: Any) -> str:
        if isinstance(value, bool) and letter == "b":
            return "1" if value else "0"
        if not _is_integer(value):
            raise _refuse(letter, value)
        return format(int(value), spec)

    return write


def _hex(letter: str) -> Callable[[Any], str]:
    number = _radix(letter, letter)

    def write(value: Any) -> str:
        if not isinstance(value, (str, bytes)):
            return number(value)
        data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        return data.hex() if letter == "x" else data.hex().upper()

    return write


def _text(value: Any) -> str:
    parts: list[str] = []
    _write(value, parts, [TEXT_LENGTH_MAX], 0)
    return "".join(parts)


def _write(value: Any, parts: list[str], room: list[int], depth: int) -> None:
    if depth > _NESTING_MAX:
        raise GuardError(f"format: nested deeper than {_NESTING_MAX}", ErrorKind.SIZE)
    if isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            _put(", " if position else "[", parts, room)
            _write(item, parts, room, depth + 1)
        _put("]" if value else "[]", parts, room)
    elif isinstance(value, Mapping):
        entries = sorted(((_scalar(key), item) for key, item in value.items()), key=lambda e: e[0])
        for position, (key, item) in enumerate(entries):
            _put((", " if position else "{") + key + ": ", parts, room)
            _write(item, parts, room, depth + 1)
        _put("}" if value else "{}", parts, room)
    else:
        _put(_scalar(value), parts, room)


def _put(text: str, parts: list[str], room: list[int]) -> None:
    room[0] -= len(text)
    if room[0] < 0:
        raise GuardError(f"text longer than {TEXT_LENGTH_MAX} characters", ErrorKind.SIZE)
    parts.append(text)


def _scalar(value: Any) -> str:  # noqa: PLR0911 - one line for each type
    match plain(value):
        case None:
            return "null"
        case bool() as truth:
            return "true" if truth else "false"
        case int() as number:
            return str(int(number))
        case float() as number:
            return _double(number)
        case str() as text:
            return text
        case bytes() as data:
            return _REPLACED.sub("\ufffd", data.decode("utf-8", "replace"))
        case Timestamp() as instant:
            return format_timestamp(instant)
        case Duration() as length:
            return format_duration(length)
        case CelType(cel_type_name=name):
            return name
        case other:
            raise _refuse("s", other)


_REPLACED = re.compile("\ufffd+")
_CLAUSES: Final[dict[str, Callable[[Any], str]]] = {
    "s": _text,
    "d": _decimal,
    "b": _radix("b", "b"),
    "o": _radix("o", "o"),
    "x": _hex("x"),
    "X": _hex("X"),
}
_WITH_PRECISION: Final = {"f": _float_clause("f"), "e": _float_clause("e")}
