"""The values that the shell reads for a decision, so that the core need not read anything.

Rules of this file: what is returned is recorded with the decision; a replay reads it there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from interlock.interpreter.core.event import Facts
from interlock.rulebook.graph.state_graph import lowest_automation

if TYPE_CHECKING:
    from interlock.interpreter.core.control import Control
    from interlock.interpreter.core.event import Instant
    from interlock.rulebook.graph.schedule import Schedule
    from interlock.rulebook.graph.state_graph import Automation, StateGraph

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_facts(graph: StateGraph, control: Control, automation: Automation, now: Instant) -> Facts:
    """Return the daemon's automation level and who is on call; `graph` is the live rulebook."""
    on_call = {
        schedule.name: person
        for schedule in graph.schedules.values()
        if (person := find_on_call(schedule, now)) is not None
    }
    level = lowest_automation(automation, control.automation(now))
    return Facts(automation=level.value, on_call=on_call, epoch=control.epoch)


def find_on_call(schedule: Schedule, now: Instant) -> str | None:
    """Return who holds a schedule's pager; None before its start or where it has no people.

    Turns change at the same time of day all year: elapsed time is counted on the zone's wall clock.
    """
    if not schedule.people or now < schedule.start_ns:
        return None
    zone = ZoneInfo(schedule.timezone)
    elapsed = _wall_time(now, zone) - _wall_time(schedule.start_ns, zone)
    turn = timedelta(microseconds=schedule.rotation_ns // 1000)
    return schedule.people[max(elapsed // turn, 0) % len(schedule.people)]


def _wall_time(instant: Instant, zone: ZoneInfo) -> datetime:
    moment = _EPOCH + timedelta(microseconds=instant // 1000)
    return moment.astimezone(zone).replace(tzinfo=None)
