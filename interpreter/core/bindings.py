"""What guards and templates see of an incident, an event and the world.

Guards see plain maps with CEL timestamps; a field that is unset is absent, so that `has()` is false
and plain access is an error, as in Kubernetes. Rules of this file: pure views, made at most once
for each value of the incident; nothing is hidden and nothing is computed that is not recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.interpreter.core.times import rfc3339
from interlock.rulebook.guard.values import Duration, Timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.interpreter.core.event import Event, Facts, Instant
    from interlock.interpreter.core.incident import Incident, Member
    from interlock.rulebook.graph.state_graph import SeverityRow

ON_CALL = "@on_call"
IN_SCHEDULE = "@in_schedule"
"""Hidden variables that the functions `on_call(schedule)` and `in_schedule(name)` read."""


def incident_view(incident: Incident) -> dict[str, Any]:
    """Return an incident as guards see it."""
    view: dict[str, Any] = {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "source": incident.source,
        "state": incident.state,
        "metadata": incident.metadata,
        "labels": incident.labels,
        "annotations": incident.annotations,
        "metrics": incident.metrics,
        "tags": incident.tags,
        "alerts": [_member_view(member) for member in incident.alerts.values()],
        "remediation_steps": incident.remediation_steps,
        "needs_attention": bool(incident.needs_attention),
        "created_at": Timestamp(incident.created_at),
        "updated_at": Timestamp(incident.updated_at),
        "state_since": Timestamp(incident.state_since),
        "generation": incident.generation,
        "revision": incident.revision,
        "rulebook": incident.rulebook,
    }
    for name in ("owner", "assigned_engineer", "acknowledged_by"):
        if (text := getattr(incident, name)) is not None:
            view[name] = text
    for name in ("acknowledged_at", "resolved_at", "closed_at"):
        if (instant := getattr(incident, name)) is not None:
            view[name] = Timestamp(instant)
    return view


def _member_view(member: Member) -> dict[str, Any]:
    view: dict[str, Any] = {
        "source": member.source,
        "fingerprint": member.fingerprint,
        "status": member.status,
        "severity": member.severity,
        "title": member.title,
        "labels": member.labels,
    }
    for name in ("starts_at", "ends_at"):
        if (instant := getattr(member, name)) is not None:
            view[name] = Timestamp(instant)
    return view


def event_view(event: Event) -> dict[str, Any]:
    """Return an event as guards see it."""
    view: dict[str, Any] = {
        "type": event.type,
        "source": event.source,
        "labels": event.labels,
        "annotations": event.annotations,
        "metrics": event.metrics,
        "tags": event.tags,
        "metadata": event.metadata,
        "data": event.data,
    }
    for name in ("id", "fingerprint", "severity", "status", "title", "reason"):
        if (text := getattr(event, name)) is not None:
            view[name] = text
    for name in ("starts_at", "ends_at"):
        if (instant := getattr(event, name)) is not None:
            view[name] = Timestamp(instant)
    return view


def severity_view(row: SeverityRow) -> dict[str, Any]:
    """Return a severity row as guards see it; `sla` is absent where none is set."""
    view: dict[str, Any] = {
        "name": row.name,
        "auto_remediation": bool(row.auto_remediation),
        "approval_required": row.approval_required,
        "notification_channels": row.channels,
        "post_mortem": row.post_mortem,
    }
    if row.sla_ns is not None:
        view["sla"] = Duration(row.sla_ns)
        view["sla_minutes"] = row.sla_ns // 60_000_000_000
    return view


def event_bindings(event: Event, alert: Any) -> dict[str, Any]:
    """Return what correlation, silences, inhibitions and sources see."""
    return {"event": event_view(event), "alert": alert}


def rule_bindings(
    incident: Incident,
    event: Event | None,
    alert: Any,
    row: SeverityRow,
    facts: Facts,
    now: Instant,
) -> dict[str, Any]:
    """Return what guards of rules, gates, runbooks and steps see."""
    return {
        "incident": incident_view(incident),
        "event": {} if event is None else event_view(event),
        "alert": alert,
        "severity": severity_view(row),
        "group": {"count": len(incident.alerts), **_group_times(incident)},
        "now": Timestamp(now),
        "steps": steps_view(incident),
        ON_CALL: facts.on_call,
        IN_SCHEDULE: dict.fromkeys(facts.on_call, True),
    }


def _group_times(incident: Incident) -> dict[str, Timestamp]:
    return {"first_at": Timestamp(incident.opened_at), "last_at": Timestamp(incident.updated_at)}


def steps_view(incident: Incident) -> Mapping[str, Any]:
    """Return the steps by id: status and result, for later steps to use."""
    return {
        step.id: {"status": step.status.value, "result": step.result, "attempts": step.attempts}
        for step in incident.steps.values()
    }


def plain_context(bindings: Mapping[str, Any]) -> dict[str, Any]:
    """Return bindings as templates see them: times as RFC 3339 text, hidden names left out."""
    return {name: _plain(value) for name, value in bindings.items() if not name.startswith("@")}


def _plain(value: Any) -> Any:
    if isinstance(value, Timestamp):
        return rfc3339(value.nanoseconds)
    if isinstance(value, Duration):
        return f"{value.nanoseconds // 1_000_000_000}s"
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
