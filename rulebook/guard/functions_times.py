"""Calendar fields of timestamps and parts of durations, as table entries.

Source: cel-spec `doc/langdef.md`, "List of Standard Definitions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.rulebook.guard.signature import Function, function
from interlock.rulebook.guard.times import civil_time
from interlock.rulebook.guard.values import NANOSECONDS, Duration, Timestamp, no_overload

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_ZONE_PRICE: Final = 100  # a zone that nobody named before is read from the database
_ZONED: Final = ("timestamp.() -> int", "timestamp.(string) -> int")


def _field(
    name: str, read: Callable[[datetime], int], unit: int | None = None
) -> Callable[..., int]:
    """Make a function that reads a civil time, or whole `unit` nanoseconds of a duration."""

    def call(value: Any, *zone: Any) -> int:
        if isinstance(value, Timestamp) and (not zone or isinstance(zone[0], str)):
            return read(civil_time(value, *zone))
        if isinstance(value, Duration) and not zone and unit is not None:
            whole = abs(value.nanoseconds) // unit
            return -whole if value.nanoseconds < 0 else whole
        raise no_overload(name, value, *zone)

    return call


def _milliseconds(value: Any, *zone: Any) -> int:
    if isinstance(value, Timestamp) and (not zone or isinstance(zone[0], str)):
        civil_time(value, *zone)  # an unknown zone is an error here too
        return value.nanoseconds % NANOSECONDS // 1_000_000
    if isinstance(value, Duration) and not zone:
        part = abs(value.nanoseconds) % NANOSECONDS // 1_000_000
        return -part if value.nanoseconds < 0 else part
    raise no_overload("getMilliseconds", value, *zone)


def _zoned(_value: Any, *zone: Any) -> int:
    return 1 + _ZONE_PRICE if zone else 1


def _entry(
    name: str, doc: str, read: Callable[[datetime], int], unit: int | None = None
) -> Function:
    signatures = _ZONED if unit is None else (*_ZONED, "duration.() -> int")
    return function(name, _field(name, read, unit), doc, *signatures, cost=_zoned)


TIMES: Final[tuple[Function, ...]] = (
    _entry("getFullYear", "year", lambda t: t.year),
    _entry("getMonth", "month, from 0", lambda t: t.month - 1),
    _entry("getDate", "day of the month, from 1", lambda t: t.day),
    _entry("getDayOfMonth", "day of the month, from 0", lambda t: t.day - 1),
    _entry("getDayOfWeek", "day of the week, Sunday is 0", lambda t: t.isoweekday() % 7),
    _entry("getDayOfYear", "day of the year, from 0", lambda t: t.timetuple().tm_yday - 1),
    _entry("getHours", "hour, or whole hours", lambda t: t.hour, 3_600 * NANOSECONDS),
    _entry("getMinutes", "minute, or whole minutes", lambda t: t.minute, 60 * NANOSECONDS),
    _entry("getSeconds", "second, or whole seconds", lambda t: t.second, NANOSECONDS),
    function(
        "getMilliseconds",
        _milliseconds,
        "milliseconds below the second",
        *_ZONED,
        "duration.() -> int",
        cost=_zoned,
    ),
)
