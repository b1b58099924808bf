"""What a group's stream records of alerts that count towards a threshold.

Rules of this file: pure; who counts is decided by `counting.py`, folded by `holding.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core import change as c
from interlock.interpreter.core import change_counting as cc
from interlock.interpreter.core.counting import below_threshold
from interlock.interpreter.core.event import EventInput, Facts, TimerInput
from interlock.interpreter.core.holding import group_record, suppression_errors, timer_fired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.counting import Count
    from interlock.interpreter.core.event import Event
    from interlock.interpreter.core.holding import Place
    from interlock.interpreter.core.record import Record


def count_on(place: Place, event: Event, counted: Count, facts: Facts) -> Record:
    """Record a firing alert that is counted, and opens nothing yet."""
    below = below_threshold(counted, event, facts, place.at)
    changes = [*counted.ended, below, *suppression_errors(facts)]
    return group_record(place, EventInput(event), facts, "below_threshold", changes)


def repeat(place: Place, event: Event, reason: str, facts: Facts) -> Record:
    """Record a firing alert of no incident that says nothing new."""
    changes = [c.Suppressed(reason=reason), *suppression_errors(facts)]
    return group_record(place, EventInput(event), facts, "suppressed", changes)


def take_counted(place: Place, event: Event, counted: Count, incident: str, facts: Facts) -> Record:
    """Record that what was counted is in an incident now."""
    met = cc.ThresholdMet(incident=incident, reason=counted.of_window(place.at))
    return group_record(place, EventInput(event), facts, "applied", [*counted.ended, met])


def end_window(place: Place, timer: TimerInput, ended: Sequence[cc.CountEnded]) -> Record:
    """Record that the windows of counted alerts have ended."""
    changes = [*timer_fired(place, timer), *ended]
    return group_record(place, timer, Facts(), "below_threshold", changes)
