"""Muting: time intervals as silences, inhibition rules as inhibitions.

Responsible for when a route tells nobody, and for saying which times a weekly schedule cannot
express. Never decides which alerts a route is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.alertmanager.hours import WeeklyHours, covered, left_out
from interlock.rulebook.alertmanager.layout import comment, entry
from interlock.rulebook.alertmanager.matchers import guard_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from interlock.rulebook.alertmanager.configuration import Hours, Inhibition, Route
    from interlock.rulebook.alertmanager.conversion import Named
    from interlock.rulebook.alertmanager.routing import Decision

    Intervals = Mapping[str, tuple[Hours, ...]]

SILENCES = (
    "Mute and active time intervals. Alertmanager holds a notification back; a silence opens no "
    "incident, and at its end what still fires is routed again."
)


def silences(decisions: Sequence[Named], intervals: Intervals) -> Iterator[str]:
    """Yield the silences of every route that can have one."""
    earlier: list[str] = []
    for named in decisions:
        decision = named.decision
        route = decision.routes[0]
        if len(decision.routes) == 1 and (hours := _quiet_hours(route, intervals)):
            match = " && ".join([named.guard, *(f"!{other}" for other in earlier)])
            yield from comment(f"receiver {route.receiver}", 2)
            for schedule in hours:
                yield from entry(_silence(match, schedule, route), 2)
        earlier.append(named.guard)


def _silence(match: str, hours: WeeklyHours, route: Route) -> dict[str, object]:
    schedule = {key: value for key, value in hours._asdict().items() if value is not None}
    named = ", ".join((*route.mute, *(f"outside {name}" for name in route.active)))
    return {"match": match, "schedule": schedule, "reason": named}


def _quiet_hours(route: Route, intervals: Intervals) -> list[WeeklyHours]:
    """Return when the route is quiet, as far as a week can say it."""
    quiet = covered(part for part in _parts(route.mute, intervals) if not part.dates)
    active = _parts(route.active, intervals)
    if active and not any(part.dates for part in active):
        quiet += left_out(active) or []
    return quiet


def _parts(names: Iterable[str], intervals: Intervals) -> list[Hours]:
    return [part for name in names for part in intervals.get(name, ())]


def unexpressed(decision: Decision, intervals: Intervals) -> Iterator[str]:
    """Yield what of a decision's time intervals is not carried over, and why."""
    for route in decision.routes:
        named = (*route.mute, *route.active)
        if named and len(decision.routes) > 1:
            yield (
                f"{', '.join(named)} of {route.receiver} not carried over: a silence would mute "
                "the other receivers too"
            )
            continue
        for name in named:
            for part in intervals.get(name, ()):
                if part.dates:
                    yield (
                        f"{name} of {route.receiver} not carried over ({'; '.join(part.dates)}): "
                        "schedules are weekly"
                    )
        active = _parts(route.active, intervals)
        if active and not any(part.dates for part in active) and left_out(active) is None:
            yield (
                f"{', '.join(route.active)} of {route.receiver} not carried over: it is in several "
                "time zones"
            )


def inhibitions(written: Iterable[Inhibition]) -> Iterator[str]:
    """Yield the inhibition rules."""
    for one in written:
        options: dict[str, object] = {
            "source": guard_of(one.source),
            "target": guard_of(one.target),
        }
        if one.equal:
            options["equal"] = list(one.equal)
        yield from entry(options, 2)
