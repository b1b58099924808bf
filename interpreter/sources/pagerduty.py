"""PagerDuty's V3 webhooks, to one event.

Responsible for what PagerDuty says of its incidents; of services and teams it says nothing that
is an alert. A start is given only where it names an episode: a reopened incident keeps the time of
its creation. Never raises for a JSON value.
Source: https://developer.pagerduty.com/docs/webhooks-overview (event types and payload)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.sources.member import (
    FIRING,
    RESOLVED,
    UPDATED,
    make_member,
    no_delivery,
    no_event,
)
from interlock.interpreter.sources.reading import part, text_at, texts, word_at

if TYPE_CHECKING:
    from interlock.interpreter.sources.delivery import Members, Problem
    from interlock.interpreter.sources.profile import SourceProfile

_TYPES: Final = {
    "incident.triggered": FIRING,
    "incident.reopened": FIRING,
    "incident.resolved": RESOLVED,
}
_STARTS: Final = {"incident.triggered", "incident.reopened"}


def normalise_pagerduty(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the one event of a webhook."""
    event = part(body, "event")
    if not isinstance(event, dict):
        return no_delivery('a PagerDuty webhook is an object with an "event" (version 3)')
    said = text_at(event, "event_type") or ""
    incident = event.get("data")
    if not said.startswith("incident.") or not isinstance(incident, dict):
        return (no_event(f"{said[:60] or 'this'} is not about an incident", body),)
    # Notes and status updates hold the incident they belong to; responders do so as well.
    if isinstance(about := incident.get("incident"), dict):
        incident = about
    time = event.get("occurred_at")
    payload = {
        "fingerprint": word_at(incident, "id"),
        "severity": _severity(incident),
        "title": text_at(incident, "title") or text_at(incident, "summary"),
        "labels": texts(
            service=part(incident, "service", "summary"),
            service_id=part(incident, "service", "id"),
            urgency=incident.get("urgency"),
            escalation_policy=part(incident, "escalation_policy", "summary"),
        ),
        "metadata": texts(
            alert_url=incident.get("html_url"),
            api_url=incident.get("self"),
            incident_key=incident.get("incident_key"),
            number=incident.get("number"),
        ),
        "starts_at": time if said in _STARTS else None,
        "ends_at": time if said == "incident.resolved" else None,
    }
    return (make_member(_TYPES.get(said, UPDATED), payload, body, profile),)


def _severity(incident: dict[str, Any]) -> str | None:
    """Return the incident's priority, such as P1; where none is set its urgency."""
    return text_at(incident, "priority", "summary") or text_at(incident, "urgency")
