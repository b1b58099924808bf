"""What an alert does to its incident, before any rule is tried.

Rules of this file: members are (source, fingerprint); the dedupe key is that with the start of the
episode and the status. An alert may raise the severity, never lower it. Nothing in an alert's
payload approves anything or sets the state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core import clocks, gates
from interlock.interpreter.core.bindings import event_bindings
from interlock.interpreter.core.guards import read_text
from interlock.interpreter.core.incident import (
    DEFAULT_SEVERITY,
    DEFAULT_SOURCE,
    DEFAULT_TITLE,
    Incident,
    Member,
    incident_stream,
    member_key,
)
from interlock.interpreter.core.notify import tell
from interlock.interpreter.core.runs import cancel_unsent
from interlock.interpreter.core.undo import cut_short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.draft import Draft
    from interlock.interpreter.core.event import CountedAlert, Event

T = TypeVar("T")


def open_incident(draft: Draft, event: Event) -> None:
    """Open an incident for an event, with the defaults that hold at opening only."""
    facts, graph = draft.facts, draft.graph
    assert facts.free_id is not None, "the shell chose an id before an incident is opened"
    counted = f", {facts.count}" if facts.count else ""
    severities = [one.event.severity or DEFAULT_SEVERITY for one in facts.counted]
    draft.add(
        c.Opened(
            to=graph.lifecycle.initial,
            reason=f"{event.type} from {event.source}{counted}",
            id=facts.free_id,
            base_id=facts.base_id or facts.free_id,
            origin=event.source,
            title=event.title or DEFAULT_TITLE,
            severity=min(
                [event.severity or DEFAULT_SEVERITY, *severities], key=lambda s: graph.row(s).rank
            ),
            source=event.reported_by or DEFAULT_SOURCE,
            group_key=facts.group_key or incident_stream(facts.free_id),
            rulebook=graph.digest,
            owner=_owner(draft, event),
            previous=facts.previous,
            reopen_within_ns=facts.reopen_within_ns,
            first_at=facts.counted[0].at if facts.counted else None,
        )
    )
    draft.entered.add(graph.lifecycle.initial)
    for one in facts.counted:
        _describe(draft, one.event)
        _set_member(draft, one.event, one)
    _describe(draft, event)
    if event.is_firing:
        _set_member(draft, event)
    _announce(draft, "opened", f"opened by {event.source}")


def _owner(draft: Draft, event: Event) -> str | None:
    guard = draft.graph.owner
    if guard is None:
        return None
    return read_text(guard, event_bindings(event, draft.alert))


def reopen(draft: Draft, event: Event) -> None:
    """Reopen the incident: back to the initial state, one generation on."""
    incident = draft.incident
    initial = draft.graph.lifecycle.initial
    cancel_unsent(draft, "reopened")
    cut_short(draft, "reopened")
    for name in tuple(draft.incident.timers):
        draft.add(c.TimerCancelled(name=name, reason="reopened"))
    draft.add(
        c.Reopened(
            from_=incident.state,
            to=initial,
            reason=f"{event.type} from {event.source} soon after its resolution",
            generation=incident.generation + 1,
        )
    )
    draft.entered.add(initial)
    take_in(draft, event)
    _announce(draft, "reopened", f"fires again (generation {draft.incident.generation})")


def _announce(draft: Draft, about: str, text: str) -> None:
    clocks.start_clocks(draft)
    clocks.enter_state(draft)
    tell(draft, about, text)


def duplicate_of(incident: Incident, event: Event) -> str | None:
    """Return why an alert says nothing new, or None."""
    if event.starts_at is None or event.fingerprint is None:
        return None
    member = incident.alerts.get(member_key(event.source, event.fingerprint))
    if member is None or member.starts_at is None:
        return None
    if event.starts_at < member.starts_at:
        return f"belongs to an earlier episode of {event.fingerprint}"
    if event.starts_at > member.starts_at:
        return None
    if event.status == member.status:
        return f"repeats {event.fingerprint}, {event.status} since the same start"
    if event.is_firing:
        return f"the episode of {event.fingerprint} is over already"
    return None


def take_in(draft: Draft, event: Event) -> None:
    """Update members, description and severity from an alert."""
    if event.is_resolved_alert and _names_only_the_incident(draft.incident, event):
        _resolve_all(draft, event)
    elif event.status is not None:
        _set_member(draft, event)
    _describe(draft, event)
    if event.severity is not None and not event.is_resolved_alert:
        raise_severity(draft, event.severity, f"{event.type} from {event.source}")


def raise_severity(draft: Draft, severity: str, reason: str) -> None:
    """Raise the severity if the one given is worse than the present."""
    if draft.graph.row(severity).rank < draft.row.rank:
        set_severity(draft, severity, reason)


def set_severity(draft: Draft, severity: str, reason: str) -> None:
    """Change the severity either way; clocks follow, and a rise renews gates and is told."""
    before, was = draft.row, draft.incident.severity
    if severity == was:
        draft.add(c.Noted(reason=f"the severity is {was} already"))
        return
    draft.add(c.SeverityChanged(from_=was, to=severity, reason=reason))
    if draft.incident.is_open:
        clocks.recompute_clocks(draft, before)
    if draft.row.rank < before.rank:
        gates.forget_refusals(draft)
        tell(draft, "severity_raised", f"severity raised from {was} to {severity}")


def _names_only_the_incident(incident: Incident, event: Event) -> bool:
    """True for a resolve whose only name is the incident's id: it speaks for all of its source."""
    key = member_key(event.source, event.fingerprint or "")
    return event.id is not None and event.fingerprint == event.id and key not in incident.alerts


def _resolve_all(draft: Draft, event: Event) -> None:
    for member in tuple(draft.incident.alerts.values()):
        if member.source == event.source and member.is_firing:
            over = replace(member, status="resolved", ends_at=event.ends_at, updated_at=draft.now)
            draft.add(c.AlertChanged(from_=member.status, to=over.status, member=over))


def _set_member(draft: Draft, event: Event, counted: CountedAlert | None = None) -> None:
    """Update a member; `counted` is what is known of one that counted before the opening."""
    incident = draft.incident
    inhibits, inhibited_at = draft.facts.inhibits, draft.facts.inhibited_at
    if counted is not None:
        inhibits, inhibited_at = counted.inhibits, counted.inhibited_at
    fingerprint = event.fingerprint or ""
    known = incident.alerts.get(member_key(event.source, fingerprint))
    assert event.status is not None, "only an alert that fires or is resolved is a member"
    member = Member(
        source=event.source,
        fingerprint=fingerprint,
        status=event.status,
        severity=event.severity or (known.severity if known else incident.severity),
        title=event.title or (known.title if known else incident.title),
        labels=event.labels or (known.labels if known else {}),
        starts_at=event.starts_at
        if event.starts_at is not None or known is None
        else known.starts_at,
        ends_at=event.ends_at,
        updated_at=draft.now if counted is None else counted.at,
        count=known.count + 1 if known else 1,
        inhibits=tuple(inhibits) if event.is_firing else (),
        inhibited_at=inhibited_at if event.is_firing else (),
    )
    draft.add(
        c.AlertChanged(from_=known.status if known else None, to=member.status, member=member)
    )


def _describe(draft: Draft, event: Event) -> None:
    """Merge an event's labels, annotations, metrics, tags and metadata into the incident's."""
    incident = draft.incident
    tags = (*incident.tags, *(tag for tag in event.tags if tag not in incident.tags))
    labels = _merged(incident.labels, event.labels)
    annotations = _merged(incident.annotations, event.annotations)
    metrics = _merged(incident.metrics, event.metrics)
    metadata = _merged(incident.metadata, event.metadata)
    changed = c.Updated(
        labels=labels,
        annotations=annotations,
        metrics=metrics,
        metadata=metadata,
        tags=None if tags == incident.tags else tags,
    )
    if changed != _NOTHING_UPDATED:
        draft.add(changed)


_NOTHING_UPDATED = c.Updated()


def _merged(known: Mapping[str, T], given: Mapping[str, T]) -> dict[str, T] | None:
    """Return the merged mapping, or None where it says nothing new."""
    if given.items() <= known.items():
        return None
    return {**known, **given}
