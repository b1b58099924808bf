"""Time intervals of Alertmanager as weekly schedules.

Responsible for which minutes of a week an interval covers or leaves out, and for the fewest
schedules that say so. Never reads a clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from interlock.rulebook.alertmanager.configuration import Hours

_DAY = 24 * 60
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK = range(7)
Ranges = tuple[tuple[int, int], ...]


class WeeklyHours(NamedTuple):
    """A rulebook's schedule; None for every day, and for the whole day."""

    timezone: str
    days: str | None
    hours: str | None


def covered(parts: Iterable[Hours]) -> list[WeeklyHours]:
    """Return schedules for the times that any of the parts covers."""
    by_zone: dict[str, list[Hours]] = {}
    for part in parts:
        by_zone.setdefault(part.location, []).append(part)
    return [
        schedule
        for zone, same in by_zone.items()
        for schedule in _schedules(zone, [_merged(_on(same, day)) for day in _WEEK])
    ]


def left_out(parts: Sequence[Hours]) -> list[WeeklyHours] | None:
    """Return schedules for the times that none of the parts covers; None for several zones."""
    zones = {part.location for part in parts}
    if len(zones) != 1:
        return None
    week = [_complement(_merged(_on(parts, day))) for day in _WEEK]
    return _schedules(zones.pop(), week)


def _on(parts: Iterable[Hours], day: int) -> list[tuple[int, int]]:
    return [
        times
        for part in parts
        if part.days is None or day in part.days
        for times in (((0, _DAY),) if part.ranges is None else part.ranges)
    ]


def _merged(ranges: list[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _complement(ranges: Ranges) -> Ranges:
    edges = [0, *(edge for times in ranges for edge in times), _DAY]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((start, end) for start, end in pairs if start < end)


def _schedules(zone: str, week: list[Ranges]) -> list[WeeklyHours]:
    days_of: dict[tuple[int, int], list[int]] = {}
    for day, ranges in enumerate(week):
        for times in ranges:
            days_of.setdefault(times, []).append(day)
    return [WeeklyHours(zone, _days(days), _hours(times)) for times, days in days_of.items()]


def _hours(times: tuple[int, int]) -> str | None:
    if times == (0, _DAY):
        return None
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in times)


def _days(days: list[int]) -> str | None:
    if len(days) == len(_DAYS):
        return None
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        _DAYS[run[0]] if len(run) == 1 else f"{_DAYS[run[0]]}-{_DAYS[run[-1]]}" for run in runs
    )
