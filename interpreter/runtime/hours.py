"""When a silence is active: its hours of the week on a zone's wall clock, and its own two ends.

Rules of this file: reads the time-zone database, which is why the core does not do this; what comes
of it is recorded as a fact. A day begins and ends when the wall clock says so: the night in which
clocks change is an hour shorter or longer. A time that the change leaves out is an hour later, one
that comes twice is the first.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct

from interlock.interpreter.core.event import Instant
from interlock.rulebook.literals import nanoseconds_of

if TYPE_CHECKING:
    from interlock.rulebook.graph.routes import Hours, Silence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS_AHEAD = 9
_WEEK_NS = 7 * 86_400_000_000_000
_FIRST_DAY, _LAST_DAY = date(1, 1, 3), date(9999, 12, 20)


class Activity(Struct, frozen=True):
    """Whether a silence is active, and until when that stays so (None: for good)."""

    is_active: bool
    until: Instant | None


def activity(silence: Silence, now: Instant) -> Activity:
    """Tell whether a silence is active at a time, and until when that stays so."""
    if silence.until_ns is not None and now >= silence.until_ns:
        return Activity(is_active=False, until=None)
    if silence.start_ns is not None and now < silence.start_ns:
        return Activity(is_active=False, until=silence.start_ns)
    found = Activity(is_active=True, until=None)
    if silence.hours is not None:
        found = _activity_of_hours(silence.hours, now)
    ends = [end for end in (found.until, silence.until_ns) if end is not None]
    return Activity(found.is_active, min(ends, default=None))


def _activity_of_hours(hours: Hours, now: Instant) -> Activity:
    for start, end in _periods(hours, now):
        if end <= now:
            continue
        if start > now:
            return Activity(is_active=False, until=start)
        return Activity(is_active=True, until=None if end - now > _WEEK_NS else end)
    return Activity(is_active=False, until=None)


def _periods(hours: Hours, now: Instant) -> list[tuple[Instant, Instant]]:
    """Return the periods around a time in order, those that meet as one."""
    zone = ZoneInfo(hours.timezone)
    moment = _EPOCH + timedelta(microseconds=now // 1000)
    today = min(max(moment.astimezone(zone).date(), _FIRST_DAY), _LAST_DAY)
    periods: list[tuple[Instant, Instant]] = []
    for offset in range(-1, _DAYS_AHEAD):
        day = today + timedelta(days=offset)
        if day.weekday() not in hours.days:
            continue
        last = hours.last if hours.last > hours.first else hours.last + 24 * 60
        start, end = _instant(day, hours.first, zone), _instant(day, last, zone)
        if periods and start <= periods[-1][1]:
            periods[-1] = (periods[-1][0], max(end, periods[-1][1]))
        elif start < end:
            periods.append((start, end))
    return periods


def _instant(day: date, minutes: int, zone: ZoneInfo) -> Instant:
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001 - the zone follows
    return nanoseconds_of(wall.replace(tzinfo=zone))
