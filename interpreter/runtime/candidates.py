"""Which incidents an event may concern, and where it is recorded where it concerns none.

Rules of this file: looks up and chooses nothing; the choice is the core's (`admit`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from interlock.interpreter.core.admit import latest_episode
from interlock.interpreter.core.control import CONTROL_STREAM
from interlock.interpreter.core.event import Event, Origin
from interlock.interpreter.core.holding import GROUP_PREFIX
from interlock.interpreter.core.incident import incident_stream
from interlock.interpreter.core.keys import incident_id
from interlock.interpreter.journal.lookup import Lookup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.runtime.delivery import Arrival
    from interlock.interpreter.runtime.view import View

EPISODES_BACK_MAX: Final = 8
"""How many incidents back the episode of a late repetition is looked for."""


def wanted_by(arrival: Arrival, event: Event, key: str | None, now: Instant) -> Lookup:
    """Return what deciding an event will ask a view for."""
    if arrival.stream is not None:
        return Lookup(streams=(arrival.stream, CONTROL_STREAM))
    is_alert = event.origin is Origin.ALERT
    ids = () if event.id is None else ((event.id, event.source if is_alert else None),)
    streams: tuple[str, ...]
    if event.is_firing:
        # The id that admitting it would choose, should it open an incident.
        wanted = event.id or incident_id(event.source, event.fingerprint or "", now, event.index)
        streams = (incident_stream(wanted), group_stream(key), CONTROL_STREAM)
    else:
        streams = (group_stream(key), CONTROL_STREAM)
    groups = () if key is None else (key,)
    return Lookup(ids=ids, groups=groups, streams=streams)


def group_stream(key: str | None) -> str:
    """Return where events of a correlation key are recorded that concern no incident."""
    return CONTROL_STREAM if key is None else GROUP_PREFIX + key


def may_begin(event: Event, by_id: Incident | None, by_group: Incident | None) -> bool:
    """Tell whether a firing alert finds no open incident, so that it may open one."""
    has_open = any(one is not None and one.is_open for one in (by_id, by_group))
    return event.is_firing and not has_open


async def find_by_id(arrival: Arrival, event: Event, view: View) -> Incident | None:
    """Return the incident that an event addresses, or that its id names."""
    if arrival.stream is not None:
        return (await view.tip(arrival.stream)).incident
    if event.id is None:
        return None
    if event.origin is Origin.ALERT:
        return await view.latest_by_id(event.id, event.source)
    # People copy what they see: the exact id of a later incident (`ID~2`) is one of those names.
    return await view.latest_by_id(event.id) or await view.incident(event.id)


async def find_free_id(wanted: str, view: View) -> str:
    """Return the wanted id, or the next free `wanted~N`."""
    candidate, number = wanted, 1
    # also one that was erased: its stream has ended, and its keys were used
    while (await view.tip(incident_stream(candidate))).revision > 0:
        if number == 1:
            latest = await view.latest_by_id(wanted)
            number = 1 if latest is None else _number(latest.id, wanted)
        number += 1
        candidate = f"{wanted}~{number}"
    return candidate


def _number(incident_id: str, base_id: str) -> int:
    suffix = incident_id.removeprefix(base_id).removeprefix("~")
    return int(suffix) if suffix.isdecimal() else 1


async def find_by_episode(
    event: Event, latest: Sequence[Incident | None], view: View
) -> Incident | None:
    """Return the earlier incident that knows an alert's very episode, where the latest do not.

    A repetition that is late belongs there, where it is recognised. An incident names the one it
    follows, and its own id the one before it of that id, which may have come through another
    source; the search goes a few incidents back by both.
    """
    known = [incident for incident in latest if incident is not None]
    if event.origin is not Origin.ALERT or event.starts_at is None:
        return None
    if any(latest_episode(incident, event) is not None for incident in known):
        return None
    waiting = [name for incident in known for name in _names_before(incident)]
    seen = {incident.id for incident in known}
    looked_at = 0
    while waiting and looked_at < EPISODES_BACK_MAX:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        looked_at += 1
        earlier = await view.incident(name)
        if earlier is None:
            continue
        began_at = latest_episode(earlier, event)
        if began_at is not None and event.starts_at <= began_at:
            return earlier
        waiting += _names_before(earlier)
    return None


def _names_before(incident: Incident) -> list[str]:
    """Name the incidents that come before one: that it follows, and the last of its id."""
    names = [] if incident.previous is None else [incident.previous]
    number = _number(incident.id, incident.base_id)
    if number > 1:
        base = incident.base_id
        names.append(base if number == 2 else f"{base}~{number - 1}")  # noqa: PLR2004 - `ID~2` follows `ID`
    return names
