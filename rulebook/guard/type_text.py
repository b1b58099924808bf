"""Types in words, and which of them may be compared.

Responsible for how messages, hovers and the reference show a type. Never looks at an expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.rulebook.guard.suggest import listed
from interlock.rulebook.guard.types import (
    DURATION,
    DYN,
    NOTHING,
    NULL,
    NUMERIC,
    TIMESTAMP,
    EnumType,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Type,
    TypeType,
    is_assignable,
)

if TYPE_CHECKING:
    from interlock.rulebook.guard.signature import Overload

_WORDS: Final[dict[Type, str]] = {
    TIMESTAMP: "timestamp",
    DURATION: "duration",
    NULL: "null",
    NOTHING: "dyn",
}


def describe(kind: Type) -> str:
    """Return a type as people write it: `timestamp`, `list(string)`, `optional string`."""
    match kind:
        case ListType(element):
            return "list" if element in (DYN, NOTHING) else f"list({describe(element)})"
        case MapType(key, value):
            plain = key in (DYN, NOTHING) and value in (DYN, NOTHING)
            return "map" if plain else f"map({describe(key)}, {describe(value)})"
        case OptionalType(element):
            return "optional" if element in (DYN, NOTHING) else f"optional({describe(element)})"
        case TypeType():
            return "type"
        case _:
            return _WORDS.get(kind, str(kind))


def describe_fully(kind: Type) -> str:
    """Return a type with the members of a closed set or the fields of a record."""
    match kind:
        case EnumType(name, values):
            return f"{name}, one of {listed(values)}"
        case ObjectType(name, fields):
            return f"{name} with {listed(field.name for field in fields)}"
        case _:
            return describe(kind)


def is_comparable(left: Type, right: Type) -> bool:
    """Tell whether `==` can ever be true between two types; numbers compare by value."""
    if is_assignable(left, right) or is_assignable(right, left):
        return True
    match left, right:
        case (ListType(a), ListType(b)) | (OptionalType(a), OptionalType(b)):
            return is_comparable(a, b)
        case MapType(k, v), MapType(m, w):
            return is_comparable(k, m) and is_comparable(v, w)
        case (ObjectType(), MapType()) | (MapType(), ObjectType()):
            return True
        case _:
            return left in NUMERIC and right in NUMERIC


def describe_overload(name: str, overload: Overload) -> str:
    """Return a signature as it is called: `string.matches(string) -> bool`."""
    params = [describe(param) for param in overload.params]
    dots = ", …" if overload.is_variadic else ""
    result = describe(overload.result)
    if overload.is_member:
        return f"{params[0]}.{name}({', '.join(params[1:])}{dots}) -> {result}"
    return f"{name}({', '.join(params)}{dots}) -> {result}"
