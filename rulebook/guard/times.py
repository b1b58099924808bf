"""Timestamps and durations as text and as calendar fields.

Responsible for RFC 3339 and Go duration text, and for the fields of an instant in a time zone.
Never reads a clock. The first look-up of a named zone reads the time zone database; `_zone` is the
only place that does. Source: cel-spec `doc/langdef.md`, "Timezones"; durations as Go's
`ParseDuration`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from interlock.rulebook.guard.errors import ErrorKind, GuardError
from interlock.rulebook.guard.values import (
    NANOSECONDS,
    Duration,
    Timestamp,
    duration,
    timestamp,
)

_TIMESTAMP = r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:(Z)|([+-])(\d\d):(\d\d))"
_DURATION = r"([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)"
_DURATION_PART = r"(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)"
_OFFSET = r"([+-]?)(\d\d?):(\d\d)"
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": NANOSECONDS,
    "m": 60 * NANOSECONDS,
    "h": 3_600 * NANOSECONDS,
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT_LENGTH_MAX: Final = 256


def _match(pattern: str, text: str) -> re.Match[str] | None:
    """Match all of a text; `re` compiles a pattern when it is first needed, and keeps it."""
    return re.fullmatch(pattern, text, re.ASCII)


def parse_timestamp(text: str) -> Timestamp:
    """Return the instant that RFC 3339 text names; digits past the ninth of a fraction are cut.

    Raises:
        GuardError: the text is no RFC 3339 time (no leap second is), or outside years 1 to 9999.
    """
    match = _match(_TIMESTAMP, text) if len(text) <= _TEXT_LENGTH_MAX else None
    if match is None:
        raise _no_timestamp(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        civil = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise _no_timestamp(text) from None
    offset = _offset_seconds(match[9], match[10], match[11]) if match[9] else 0
    if offset is None:
        raise _no_timestamp(text)
    elapsed = civil - _EPOCH
    seconds = elapsed.days * 86_400 + elapsed.seconds - offset
    return timestamp(seconds * NANOSECONDS + int((match[7] or "0")[:9].ljust(9, "0")))


def _no_timestamp(text: str) -> GuardError:
    return GuardError(
        f"{text[:60]!r} is no timestamp such as '2024-05-01T12:00:00Z'", ErrorKind.CONVERSION
    )


def _offset_seconds(sign: str, hours: str, minutes: str) -> int | None:
    if int(hours) > 23 or int(minutes) > 59:  # noqa: PLR2004 - a clock's limits
        return None
    seconds = int(hours) * 3_600 + int(minutes) * 60
    return -seconds if sign == "-" else seconds


def format_timestamp(instant: Timestamp) -> str:
    """Return the instant as RFC 3339 in UTC, without trailing zeros of the fraction."""
    seconds, fraction = divmod(instant.nanoseconds, NANOSECONDS)
    civil = _EPOCH + timedelta(seconds=seconds)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"{civil:%Y}".rjust(4, "0") + f"{civil:-%m-%dT%H:%M:%S}{digits}Z"


def parse_duration(text: str) -> Duration:
    """Return the length of time that text such as `1h30m`, `-1.5s` or `250ms` names.

    Raises:
        GuardError: the text is no duration, or longer than 292 years.
    """
    if text in {"0", "+0", "-0"}:
        return Duration(0)
    match = _match(_DURATION, text) if len(text) <= _TEXT_LENGTH_MAX else None
    if match is None:
        raise GuardError(
            f"{text[:60]!r} is no duration such as '90s' or '1h30m'", ErrorKind.CONVERSION
        )
    total = 0
    for whole, fraction, unit in re.findall(_DURATION_PART, match[2], re.ASCII):
        total += int(whole or "0") * _UNITS[unit]
        if fraction:
            total += int(fraction) * _UNITS[unit] // 10 ** len(fraction)
    return duration(-total if match[1] == "-" else total)


def format_duration(length: Duration) -> str:
    """Return the length of time in decimal seconds, such as `-1.5s`."""
    seconds, fraction = divmod(abs(length.nanoseconds), NANOSECONDS)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"{'-' if length.nanoseconds < 0 else ''}{seconds}{digits}s"


def civil_time(instant: Timestamp, zone: str | None = None) -> datetime:
    """Return the whole second of the instant in a zone: `UTC`, `Europe/Paris` or `+02:00`.

    Raises:
        GuardError: there is no such zone, or the local time leaves years 1 to 9999.
    """
    civil = _EPOCH + timedelta(seconds=instant.nanoseconds // NANOSECONDS)
    if zone is None:
        return civil
    try:
        return civil.astimezone(_zone(zone))
    except OverflowError:
        raise GuardError("timestamp outside years 1 to 9999", ErrorKind.OVERFLOW) from None


def _zone(name: str) -> tzinfo:
    if name in {"", "UTC", "Z"}:
        return UTC
    if len(name) > _TEXT_LENGTH_MAX:
        raise GuardError(f"no time zone {name[:60]!r}", ErrorKind.ARGUMENT)
    match = _match(_OFFSET, name)
    if match is not None:
        seconds = _offset_seconds(match[1], match[2], match[3])
        if seconds is not None:
            return timezone(timedelta(seconds=seconds))
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - few guards name a zone

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise GuardError(f"no time zone {name[:60]!r}", ErrorKind.ARGUMENT) from None
