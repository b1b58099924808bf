"""PagerDuty's Events API v2, as tools send it that can page: to one event.

Responsible for reading what was meant for PagerDuty. The routing key is a secret and the first
thing that is left out: it is in no event and in nothing that is kept. Never raises.
Source: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.sources.fields import fingerprint_of
from interlock.interpreter.sources.member import (
    FIRING,
    RESOLVED,
    UPDATED,
    make_member,
    no_delivery,
    no_event,
    no_object,
)
from interlock.interpreter.sources.reading import list_at, part, text_at, texts, word_at

if TYPE_CHECKING:
    from interlock.interpreter.sources.delivery import Member, Members, Problem
    from interlock.interpreter.sources.profile import SourceProfile

_TYPES: Final = {"trigger": FIRING, "acknowledge": UPDATED, "resolve": RESOLVED}
_SECRETS: Final = frozenset({"routing_key", "service_key"})


def normalise_pagerduty_events(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the event of one body, or a member for each of a list."""
    if isinstance(body, list):
        return tuple(_normalise(alert, profile, index) for index, alert in enumerate(body))
    if not isinstance(body, dict):
        return no_delivery('an Events API v2 event is an object with an "event_action"')
    return (_normalise(body, profile, 0),)


def _normalise(sent: Any, profile: SourceProfile, index: int) -> Member:
    if not isinstance(sent, dict):
        return no_object(sent, index)
    event = {name: value for name, value in sent.items() if name not in _SECRETS}
    action = text_at(event, "event_action")
    if action not in _TYPES:
        return no_event("`event_action` is trigger, acknowledge or resolve", event, index)
    key = word_at(event, "dedup_key")
    summary = text_at(event, "payload", "summary")
    if key is None and summary is None:
        return no_event("an event has a `dedup_key` or a summary", event, index)
    payload = {
        "fingerprint": key or fingerprint_of([summary, part(event, "payload", "source")]),
        "severity": part(event, "payload", "severity"),
        "title": summary,
        "labels": texts(
            host=part(event, "payload", "source"),
            component=part(event, "payload", "component"),
            group=part(event, "payload", "group"),
            **{"class": part(event, "payload", "class")},
            client=event.get("client"),
        ),
        "metadata": texts(alert_url=event.get("client_url"), **_links(event)),
        "starts_at": part(event, "payload", "timestamp") if action == "trigger" else None,
    }
    return make_member(_TYPES[action], payload, event, profile, index=index)


def _links(event: dict[str, Any]) -> dict[str, Any]:
    return {
        f"link_{number}_url": part(link, "href")
        for number, link in enumerate(list_at(event, "links")[:10], start=1)
    }
