"""What has to be written where an alert is one of too few to open an incident.

Rules of this file: reads through a `View`; who counts is the core's to say. Whoever opens an
incident of a key with a threshold writes to the key's stream, and so does whoever is counted there:
of two nodes that do so at once, the store lets one decide again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core.counting_records import count_on, repeat, take_counted
from interlock.interpreter.core.event import EventInput
from interlock.interpreter.core.holding import GROUP_PREFIX
from interlock.interpreter.core.record import Decision
from interlock.interpreter.runtime.suppression import with_records

if TYPE_CHECKING:
    from interlock.interpreter.core.admit import Admission
    from interlock.interpreter.core.counting import Count
    from interlock.interpreter.core.event import Event
    from interlock.interpreter.runtime.situation import Situation

KEPT = ("count", "repeat")
"""Admissions by which a firing alert is recorded with its key and opens nothing."""


async def keep_alert(
    given: Situation, stream: str, event: Event, admission: Admission, actor: str
) -> Decision:
    """Decide that an alert is counted, or says nothing new."""
    place = await given.place_in(stream, actor)
    if admission.count is None:
        record = repeat(place, event, admission.reason, given.facts)
    else:
        record = count_on(place, event, admission.count, given.facts)
    return Decision((record,), (), (), record.disposition)


def with_counted(given: Situation, count: Count) -> Situation:
    """Return the situation with the alerts that are in the incident from the start."""
    return given.with_facts(counted=count.others, count=count.of_window(given.now))


async def take_from_group(given: Situation, decision: Decision, count: Count) -> Decision:
    """Return the decision that opens an incident with what it means for those that counted."""
    opening = decision.records[0]
    assert isinstance(opening.input, EventInput), "only an event opens an incident"
    assert opening.facts.group_key is not None, "what counts has a key"
    place = await given.place_in(GROUP_PREFIX + opening.facts.group_key, opening.actor)
    event, opened = opening.input.event, decision.incident.id
    return with_records(decision, [take_counted(place, event, count, opened, given.facts)])
