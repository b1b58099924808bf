"""Types of the guard language.

Responsible for the type vocabulary, its text form, and the questions `is_assignable` and `join`.
Never looks at an expression. Source: cel-spec `doc/langdef.md`, "Gradual Type Checking".
"""

from __future__ import annotations

import re
from functools import cached_property

import msgspec


class Type(msgspec.Struct, frozen=True):
    """Any type."""


class SimpleType(Type, frozen=True):
    """A type without parameters; `name` is what `type()` shows."""

    name: str

    def __str__(self) -> str:
        return self.name


class ListType(Type, frozen=True):
    """`list(element)`."""

    element: Type

    def __str__(self) -> str:
        return f"list({self.element})"


class MapType(Type, frozen=True):
    """`map(key, value)`."""

    key: Type
    value: Type

    def __str__(self) -> str:
        return f"map({self.key}, {self.value})"


class OptionalType(Type, frozen=True):
    """`optional_type(element)`."""

    element: Type

    def __str__(self) -> str:
        return f"optional_type({self.element})"


class TypeType(Type, frozen=True):
    """The type of a type value, `type(instance)`."""

    instance: Type

    def __str__(self) -> str:
        return f"type({self.instance})"


class TypeVar(Type, frozen=True):
    """A parameter of an overload, such as `A` in `(list(A), int) -> A`."""

    name: str

    def __str__(self) -> str:
        return self.name


class EnumType(Type, frozen=True):
    """A string known to be one of `values`; assignable to and from string."""

    name: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


class Field(msgspec.Struct, frozen=True):
    """A field of an object; one that is not `is_required` may be absent and wants `has()`."""

    name: str
    type: Type
    is_required: bool = True
    doc: str = ""


class ObjectType(Type, frozen=True, eq=False, dict=True):
    """A named record such as `Incident`; two are the same when their names are."""

    name: str
    fields: tuple[Field, ...]

    def __str__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectType) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def field(self, name: str) -> Field | None:
        """Return the field of that name."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}


DYN = SimpleType("dyn")
ERROR = SimpleType("error")  # what an ill-typed expression has; it silences what depends on it
NOTHING = SimpleType(
    "nothing"
)  # the element of `[]`, `{}` and `optional.none()`; joins to anything
BOOL = SimpleType("bool")
INT = SimpleType("int")
UINT = SimpleType("uint")
DOUBLE = SimpleType("double")
STRING = SimpleType("string")
BYTES = SimpleType("bytes")
NULL = SimpleType("null_type")
TIMESTAMP = SimpleType("google.protobuf.Timestamp")
DURATION = SimpleType("google.protobuf.Duration")

NUMERIC = (INT, UINT, DOUBLE)
NAMED = {
    simple.name: simple
    for simple in (DYN, BOOL, INT, UINT, DOUBLE, STRING, BYTES, NULL, TIMESTAMP, DURATION)
} | {"timestamp": TIMESTAMP, "duration": DURATION}

_WORD = re.compile(r"[\w.]+|[(),]")


def parse_type(text: str) -> Type:
    """Return the type that `text` writes, such as `map(string, list(A))`.

    A single capital letter is a type variable.

    Raises:
        ValueError: the text is no type.
    """
    words = _WORD.findall(text)
    found = _take_type(words, text)
    if words:
        raise ValueError(f"{text!r} goes on after a type")
    return found


def parse_types(text: str) -> tuple[Type, ...]:
    """Return the types that a comma-separated list writes."""
    words = _WORD.findall(text)
    found: list[Type] = []
    while words:
        found.append(_take_type(words, text))
        if words and words.pop(0) != ",":
            raise ValueError(f"{text!r} lacks a comma")
    return tuple(found)


def _take_type(words: list[str], text: str) -> Type:
    if not words:
        raise ValueError(f"{text!r} ends where a type should stand")
    name = words.pop(0)
    params: list[Type] = []
    if words and words[0] == "(":
        words.pop(0)
        while words and words[0] != ")":
            params.append(_take_type(words, text))
            if words and words[0] == ",":
                words.pop(0)
        if not words:
            raise ValueError(f"{text!r} lacks a closing parenthesis")
        words.pop(0)
    return _make_type(name, params, text)


def _make_type(name: str, params: list[Type], text: str) -> Type:  # noqa: PLR0911 - one per form
    match name, params:
        case "list", [element]:
            return ListType(element)
        case "list", []:
            return ListType(DYN)
        case "map", [key, value]:
            return MapType(key, value)
        case "map", []:
            return MapType(DYN, DYN)
        case "optional_type", [element]:
            return OptionalType(element)
        case "type", [instance]:
            return TypeType(instance)
        case "type", []:
            return TypeType(DYN)
        case _, [] if name in NAMED:
            return NAMED[name]
        case _, [] if len(name) == 1 and name.isupper():
            return TypeVar(name)
        case _:
            raise ValueError(f"{text!r} names no type: {name}")


def is_assignable(source: Type, target: Type) -> bool:
    """Tell whether a value of type `source` may stand where `target` (no variable) is wanted."""
    if source == target or _fits_all(source) or target in (DYN, ERROR):
        return True
    match source, target:
        case (EnumType(), SimpleType()) | (SimpleType(), EnumType()):
            return STRING in (source, target)
        case EnumType(), EnumType():
            return True
        case ListType(a), ListType(b):
            return is_assignable(a, b)
        case MapType(k, v), MapType(m, w):
            return is_assignable(k, m) and is_assignable(v, w)
        case OptionalType(a), OptionalType(b):
            return is_assignable(a, b)
        case TypeType(), TypeType():
            return True
        case _:
            return False


def _fits_all(source: Type) -> bool:
    return source in (DYN, ERROR, NOTHING)


def join(left: Type, right: Type) -> Type:
    """Return the smallest type that holds both, `dyn` when only that does."""
    if right in (left, NOTHING):
        return left
    if left == NOTHING:
        return right
    match left, right:
        case ListType(a), ListType(b):
            return ListType(join(a, b))
        case MapType(k, v), MapType(m, w):
            return MapType(join(k, m), join(v, w))
        case OptionalType(a), OptionalType(b):
            return OptionalType(join(a, b))
        case (EnumType(), SimpleType() | EnumType()) | (SimpleType(), EnumType()):
            return STRING if is_assignable(left, right) else DYN
        case _:
            return DYN
