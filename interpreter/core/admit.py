"""Which incident an event concerns: open one, join one, or none.

Rules of this file: the shell looks the candidates up (`Group`), the choice is made here, on values
only. An alert belongs to the latest incident whose id it names through the same source, else to the
open one of its correlation key; a re-fire soon after a resolution belongs to the incident it
resolved. Any other event names its incident, whatever the source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core.counting import Count, count, repeats
from interlock.interpreter.core.event import Event, EventInput, Facts, Instant, Origin
from interlock.interpreter.core.holding import Holding, episode_over
from interlock.interpreter.core.incident import (
    DEFAULT_SEVERITY,
    DEFAULT_TITLE,
    Incident,
    member_key,
)
from interlock.interpreter.core.keys import effect_key, incident_id
from interlock.interpreter.core.notify import LOG_CHANNEL
from interlock.interpreter.core.record import Decision, Notify, Record
from interlock.interpreter.core.suppression import say_why
from interlock.rulebook.graph.routes import Correlation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.graph.state_graph import StateGraph

CONTROL_STREAM = "control"


class Group(Struct, frozen=True):
    """What the shell found for an event.

    Attributes:
        key: The event's correlation key, None for what is no alert.
        by_id: The latest incident that the event's id names.
        by_group: The latest incident of the key, open or not.
        holding: What the key's own stream says, for an alert that may open an incident.
        counting: The entry by which alerts of the key are counted first, if any.
        by_episode: One before them that knows the event's very episode, which they do not.
    """

    key: str | None = None
    by_id: Incident | None = None
    by_group: Incident | None = None
    holding: Holding = Holding()
    counting: Correlation | None = None
    by_episode: Incident | None = None


class Admission(Struct, frozen=True):
    """Where an event goes: `open`, `join`, `count`, `suppress`, `repeat` or `unmatched`, and why.

    A `repeat` says nothing new of an alert that is in no incident.

    Attributes:
        incident: The incident to join.
        group_key: The correlation key; None for an incident that a signal opens, which no alert
            joins but by its id.
        previous: For `open`: the incident that the new one follows.
        wanted_id: For `open`: the id to take; where it is taken, the next free `~N`.
        count: For `open` and `count`, of a key with a threshold: who counts.
    """

    action: str
    reason: str
    incident: Incident | None = None
    group_key: str | None = None
    previous: str | None = None
    wanted_id: str | None = None
    count: Count | None = None


def admit(
    graph: StateGraph,
    group: Group,
    event: Event,
    facts: Facts,
    now: Instant,
) -> Admission:
    """Choose the incident of an event; see the module for the rules."""
    if event.origin is not Origin.ALERT:
        return _admit_signal(graph, group, event, now)
    found = group.by_episode or _candidate(group, event, now)
    if facts.suppressed_by is not None and _would_begin(found, event):
        return Admission("suppress", say_why(facts.suppressed_by), group_key=group.key)
    if found is None:
        if event.is_firing and event.type in graph.opens:
            return _open_or_count(event, group, now, "no incident of this alert")
        return Admission("unmatched", f"{event.type} opens nothing and concerns no incident")
    if found.is_open or not event.is_firing or _is_known_episode(found, event):
        return Admission("join", "its incident", found, group.key)
    if _may_reopen(found, now):
        return Admission("join", "fires again soon after its resolution", found, group.key)
    if event.type not in graph.opens:
        return Admission("join", "its incident, which is over", found, group.key)
    return _open_or_count(event, group, now, f"fires again, long after {found.id}", found)


def _would_begin(found: Incident | None, event: Event) -> bool:
    """Tell whether a firing alert belongs to nothing that is open, nor to an episode known."""
    if not event.is_firing:
        return False
    return found is None or not (found.is_open or _is_known_episode(found, event))


def _candidate(group: Group, event: Event, now: Instant) -> Incident | None:
    """Return the incident that an alert's id names, else that of its key.

    An incident that is over yields to the open one of the key where it has no claim of its own: at
    most one open incident has a key, and an alert that joined that one by its key stays its member.
    """
    named, grouped = group.by_id, group.by_group
    if named is None or grouped is None or named.is_open or not grouped.is_open:
        return named or grouped
    if not event.is_firing:
        is_member = member_key(event.source, event.fingerprint or "") in grouped.alerts
        return grouped if is_member else named
    is_own = _is_known_episode(named, event) or (
        _may_reopen(named, now) and named.group_key != grouped.group_key
    )
    return named if is_own else grouped


def _admit_signal(graph: StateGraph, group: Group, event: Event, now: Instant) -> Admission:
    found, opens = group.by_id, event.type in graph.opens
    if found is not None and (found.is_open or not opens):
        return Admission("join", "named by its id", found)
    if opens:
        return _open(event, group, now, "opened by a signal", found)
    what = "names no incident" if event.id is None else f"there is no incident {event.id}"
    return Admission("unmatched", f"{event.type}: {what}")


def _open_or_count(
    event: Event, group: Group, now: Instant, reason: str, previous: Incident | None = None
) -> Admission:
    """Open an incident for an alert, unless it is over already or too few count with it."""
    holding = group.holding
    member = member_key(event.source, event.fingerprint or "")
    over = holding.over.get(member)
    if over is not None and event.starts_at is not None and event.starts_at <= over:
        reason = f"the episode of {event.fingerprint} is over already"
        return Admission("repeat", reason, group_key=group.key)
    if group.counting is None:
        return _open(event, group, now, reason, previous)
    repeated = repeats(holding.counted.get(member), event, now)
    if repeated is not None:
        return Admission("repeat", repeated, group_key=group.key)
    counted = count(group.counting, holding.counted, event, now)
    if counted.is_met:
        return replace(_open(event, group, now, reason, previous), count=counted)
    reason = f"below threshold: {counted.of_window(now)}"
    return Admission("count", reason, group_key=group.key, count=counted)


def _open(
    event: Event, group: Group, now: Instant, reason: str, previous: Incident | None = None
) -> Admission:
    wanted = event.id or (previous.base_id if previous else None)
    if wanted is None:
        wanted = incident_id(event.source, event.fingerprint or "", now, event.index)
    return Admission(
        "open",
        reason,
        group_key=group.key,
        previous=previous.id if previous else None,
        wanted_id=wanted,
    )


def _is_known_episode(incident: Incident, event: Event) -> bool:
    """Tell whether a firing alert belongs to an episode that this incident has already seen."""
    began_at = latest_episode(incident, event)
    return event.starts_at is not None and began_at is not None and event.starts_at <= began_at


def latest_episode(incident: Incident, event: Event) -> Instant | None:
    """Return when the latest episode of an event's alert began that an incident knows of."""
    member = incident.alerts.get(member_key(event.source, event.fingerprint or ""))
    return None if member is None else member.starts_at


def _may_reopen(incident: Incident, now: Instant) -> bool:
    return (
        incident.resolved_at is not None and now - incident.resolved_at <= incident.reopen_within_ns
    )


def leave_unmatched(
    stream: str,
    revision: int,
    event: Event,
    reason: str,
    facts: Facts,
    now: Instant,
    *,
    actor: str,
    live: StateGraph | None = None,
) -> Decision:
    """Record an event of no incident as `revision` of `group/<key>`, or of `control`.

    A firing alert that nothing took up is told to the channels of its severity in `live`.
    """
    effects: tuple[Notify, ...] = ()
    if live is not None and event.is_firing:
        effects = tell_unmatched(live, stream, revision, event, reason, facts.epoch)
    record = Record(
        stream=stream,
        revision=revision,
        at=now,
        actor=actor,
        input=EventInput(event),
        facts=facts,
        disposition="unmatched",
        changes=(c.Unmatched(reason=reason), *episode_over(event)),
        effects=effects,
    )
    return Decision((record,), record.effects, (), "unmatched")


def tell_unmatched(
    live: StateGraph, stream: str, revision: int, event: Event, reason: str, epoch: int
) -> tuple[Notify, ...]:
    """Return the notices about a firing alert that nothing takes up."""
    return tuple(_notices(live, stream, revision, event, reason, epoch))


def _notices(
    live: StateGraph, stream: str, revision: int, event: Event, reason: str, epoch: int
) -> Iterator[Notify]:
    severity = event.severity or DEFAULT_SEVERITY
    names = live.row(severity).channels or (live.default_channel or LOG_CHANNEL,)
    for name in dict.fromkeys(names):
        path = f"notify/unmatched/{name}"
        yield Notify(
            key=effect_key(stream, 0, revision, path, epoch),
            path=path,
            channel=name,
            about="unmatched",
            text=f"[{severity}] {event.title or DEFAULT_TITLE}: {reason}",
            details={"stream": stream, "source": event.source, "fingerprint": event.fingerprint},
        )
