"""Silences and inhibitions: which alerts open nothing, and when.

Responsible for the sections `silences` and `inhibitions`. Never reads a clock, and never decides
about an event.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from interlock.rulebook.elements import span
from interlock.rulebook.graph.people import check_zone
from interlock.rulebook.graph.routes import Hours, Inhibition, Silence
from interlock.rulebook.guard.places import Place
from interlock.rulebook.literals import (
    Problem,
    nanoseconds_of,
    parse_days,
    parse_hours,
    parse_time,
)

if TYPE_CHECKING:
    from interlock.rulebook import model as m
    from interlock.rulebook.graph.compilation import Compilation

_EVERY_DAY = frozenset(range(7))
_WHOLE_DAY = (0, 24 * 60)


def compile_silences(work: Compilation) -> tuple[Silence, ...]:
    """Return the silences in order."""
    with work.about("silence"):
        return tuple(
            _silence(work, number, silence)
            for number, silence in enumerate(work.model.silences or (), start=1)
        )


def compile_inhibitions(work: Compilation) -> tuple[Inhibition, ...]:
    """Return the inhibitions in order, but for those whose guards do not compile."""
    found = []
    with work.about("inhibition"):
        for number, written in enumerate(work.model.inhibitions or (), start=1):
            source = work.guard(written.source, written, "source", place=Place.INHIBITION)
            target = work.guard(written.target, written, "target", place=Place.INHIBITION)
            if source is not None and target is not None:
                name = f"inhibition {number}"
                found.append(Inhibition(name, source, target, tuple(sorted(written.equal))))
    return tuple(found)


def _silence(work: Compilation, number: int, silence: m.Silence) -> Silence:
    match = work.guard(silence.match, silence, "match", place=Place.SILENCE)
    start, until = (
        _moment(work, silence, field, text)
        for field, text in (("from", silence.start), ("until", silence.until))
    )
    if start is not None and until is not None and start >= until:
        work.report("Y005", "the silence ends before it begins", span(silence, "until"))
    return Silence(
        name=f"silence {number}",
        match=match,
        reason=silence.reason,
        hours=None if silence.schedule is None else _hours(work, silence.schedule),
        start_ns=start,
        until_ns=until,
    )


def _moment(work: Compilation, silence: m.Silence, field: str, text: str | None) -> int | None:
    if text is None:
        return None
    moment = parse_time(text)
    if isinstance(moment, Problem):
        work.problem("Y005", moment, silence, field)
        return None
    return nanoseconds_of(moment.replace(tzinfo=moment.tzinfo or UTC))


def _hours(work: Compilation, schedule: m.Schedule) -> Hours:
    check_zone(work, schedule)
    days = _EVERY_DAY if schedule.days is None else parse_days(schedule.days)
    if isinstance(days, Problem):
        work.problem("Y005", days, schedule, "days")
        days = _EVERY_DAY
    hours = _WHOLE_DAY if schedule.hours is None else parse_hours(schedule.hours)
    if isinstance(hours, Problem):
        work.problem("Y005", hours, schedule, "hours")
        hours = _WHOLE_DAY
    return Hours(schedule.timezone, days, *hours)
