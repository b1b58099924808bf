"""Values of the guard language.

Responsible for the value classes Python lacks (`Uint`, `Timestamp`, `Duration`, `CelType`,
`OptionalValue`, `BoolKeyMap`), their ranges, and `type_of`. Everything else is plain Python: bool,
int (64 bits), float, str, bytes, None, list or tuple, dict. Never operates on values; see
`arithmetic.py` and `comparison.py`. Source: cel-spec `doc/langdef.md`, "Values".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from interlock.rulebook.guard.errors import ErrorKind, GuardError

if TYPE_CHECKING:
    from collections.abc import Iterator

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
UINT_MAX: Final = 2**64 - 1
NANOSECONDS: Final = 1_000_000_000
TIMESTAMP_MIN: Final = -62_135_596_800 * NANOSECONDS  # 0001-01-01T00:00:00Z
TIMESTAMP_MAX: Final = 253_402_300_800 * NANOSECONDS - 1  # 9999-12-31T23:59:59.999999999Z
TEXT_LENGTH_MAX: Final = 1_048_576  # code points or bytes that one operation may build
LIST_LENGTH_MAX: Final = 100_000  # elements that one operation may build


class Uint(int):
    """An unsigned integer of 64 bits, without arithmetic of its own.

    Raises:
        GuardError: the number is negative or above 2**64 - 1.
    """

    __slots__ = ()

    def __new__(cls, value: int = 0) -> Self:
        """Return the number, refusing what 64 bits without a sign cannot hold."""
        if not 0 <= value <= UINT_MAX:
            raise GuardError(f"{int(value)} is outside uint", ErrorKind.OVERFLOW)
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"{int(self)}u"

    __str__ = __repr__


class Timestamp(msgspec.Struct, frozen=True, order=True):
    """An instant in nanoseconds since 1970-01-01T00:00:00Z; make one with `timestamp`."""

    nanoseconds: int


class Duration(msgspec.Struct, frozen=True, order=True):
    """A signed length of time in nanoseconds, within 64 bits; make one with `duration`."""

    nanoseconds: int


def timestamp(nanoseconds: int) -> Timestamp:
    """Return the instant, refusing years outside 1 to 9999."""
    if not TIMESTAMP_MIN <= nanoseconds <= TIMESTAMP_MAX:
        raise GuardError("timestamp outside years 1 to 9999", ErrorKind.OVERFLOW)
    return Timestamp(nanoseconds)


def duration(nanoseconds: int) -> Duration:
    """Return the length of time, refusing what 64 bits of nanoseconds cannot hold (292 years)."""
    if not INT_MIN <= nanoseconds <= INT_MAX:
        raise GuardError("duration longer than 292 years", ErrorKind.OVERFLOW)
    return Duration(nanoseconds)


class CelType(msgspec.Struct, frozen=True):
    """A type as a value, such as `int` or the result of `type(x)`."""

    cel_type_name: str


class OptionalValue(msgspec.Struct, frozen=True):
    """A value that may be absent; `NONE` is the absent one."""

    has_value: bool
    value: Any = None


NONE: Final = OptionalValue(has_value=False)


class BoolKeyMap(Mapping[Any, Any]):
    """A map with both bool and number keys, which a dict would conflate (`True == 1`)."""

    __slots__ = ("_bools", "_others")

    def __init__(self, bools: dict[bool, Any], others: dict[Any, Any]) -> None:
        self._bools = bools
        self._others = others

    def __getitem__(self, key: Any) -> Any:
        return self._bools[key] if isinstance(key, bool) else self._others[key]

    def __iter__(self) -> Iterator[Any]:
        yield from self._bools
        yield from self._others

    def __len__(self) -> int:
        return len(self._bools) + len(self._others)


TYPES: Final = {
    name: CelType(name)
    for name in (
        "bool", "int", "uint", "double", "string", "bytes", "null_type", "list", "map", "type",
        "optional_type", "google.protobuf.Timestamp", "google.protobuf.Duration",
    )
}  # fmt: skip

_TYPE_NAMES: Final[dict[type, str]] = {
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null_type",
    list: "list",
    tuple: "list",
    dict: "map",
    BoolKeyMap: "map",
    Timestamp: "google.protobuf.Timestamp",
    Duration: "google.protobuf.Duration",
    CelType: "type",
    OptionalValue: "optional_type",
}


def type_name(value: Any) -> str:
    """Return the name of the value's type, as `type()` shows it.

    Raises:
        GuardError: the value is of a Python class the language does not know.
    """
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    for known, name in _TYPE_NAMES.items():
        if isinstance(value, known):
            return name
    if isinstance(value, Mapping):
        return "map"
    raise GuardError(f"a {type(value).__name__} is no value of guards")


def type_of(value: Any) -> CelType:
    """Return the value's type as a value."""
    return TYPES[type_name(value)]


def plain(value: Any) -> Any:
    """Return an equal value of an exact class; subclasses of str and int are unwrapped."""
    if type(value) in _TYPE_NAMES:
        return value
    name = type_name(value)
    unwrap = {"int": int, "double": float, "string": str, "bytes": bytes, "list": list}
    return unwrap[name](value) if name in unwrap else value


def no_overload(name: str, *args: Any) -> GuardError:
    """Return the error of a call that no overload takes; `name` is the operator or function."""
    types = ", ".join(type_name(arg) for arg in args)
    return GuardError(f"no such overload: {name}({types})", ErrorKind.NO_SUCH_OVERLOAD)


def need_optional(value: Any, start: int, end: int) -> OptionalValue:
    """Return the value, which must be an optional; the range places the error when it is none."""
    if isinstance(value, OptionalValue):
        return value
    raise GuardError(
        f"an optional is needed, not {type_name(value)}",
        ErrorKind.NO_SUCH_OVERLOAD,
        start,
        end,
    )
