"""Sentry's integration platform webhooks, to one event.

Responsible for the resources that are alerts: `event_alert`, `metric_alert`, `issue` and `error`,
told apart by what `data` holds. An issue is one alert, whichever of them speaks of it. A start is
given only where it names an episode: an issue keeps its first-seen time over regressions. Never
raises for a JSON value.
Source: https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
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
from interlock.interpreter.sources.reading import list_at, part, text_at, texts, word_at

if TYPE_CHECKING:
    from interlock.interpreter.sources.delivery import Members, Problem
    from interlock.interpreter.sources.profile import SourceProfile

_ISSUE_TYPES: Final = {
    "created": FIRING,
    "unresolved": FIRING,
    "resolved": RESOLVED,
    "archived": RESOLVED,
    "ignored": RESOLVED,
}
_TAG_LENGTH: Final = 2


def normalise_sentry(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the one event of a webhook."""
    data = part(body, "data")
    if not isinstance(data, dict):
        return no_delivery('a Sentry webhook is an object with "action" and "data"')
    action = (text_at(body, "action") or "").lower()
    if isinstance(alert := data.get("metric_alert"), dict):
        type_, payload = _metric_alert(action, data, alert)
    elif isinstance(event := data.get("event") or data.get("error"), dict):
        type_, payload = FIRING, _event(data, event)
    elif isinstance(issue := data.get("issue"), dict):
        type_, payload = _issue(action, issue)
    else:
        return (no_event("neither an issue, an event nor a metric alert", body),)
    return (make_member(type_, payload, body, profile),)


def _metric_alert(
    action: str, data: dict[str, Any], alert: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    rule = (
        word_at(alert, "alert_rule", "id") or word_at(alert, "identifier") or word_at(alert, "id")
    )
    projects = [name for name in list_at(alert, "projects") if isinstance(name, str)]
    return RESOLVED if action == "resolved" else FIRING, {
        "fingerprint": None if rule is None else f"metric_alert/{rule}",
        "severity": None if action == "resolved" else action,
        "title": text_at(data, "description_title") or text_at(alert, "title"),
        "description": text_at(data, "description_text"),
        "labels": texts(
            alertname=part(alert, "alert_rule", "name"),
            environment=part(alert, "alert_rule", "environment"),
            project=projects[0] if projects else None,
        ),
        "metadata": texts(alert_url=data.get("web_url")),
        "starts_at": alert.get("date_started"),
        "ends_at": alert.get("date_closed"),
    }


def _event(data: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """Return an event that a rule was told of (`event_alert`), or that came in (`error`)."""
    issue = word_at(event, "issue_id") or word_at(data, "issue_alert", "id")
    return {
        "fingerprint": word_at(event, "event_id") if issue is None else f"issue/{issue}",
        "severity": text_at(event, "level"),
        "title": text_at(event, "title") or text_at(event, "message"),
        "description": text_at(event, "message"),
        "labels": {
            **_tags(event),
            **texts(
                alertname=data.get("triggered_rule"),
                culprit=event.get("culprit"),
                environment=event.get("environment"),
                platform=event.get("platform"),
                project=event.get("project"),
            ),
        },
        "metadata": texts(
            alert_url=event.get("web_url"),
            issue_url=event.get("issue_url"),
            api_url=event.get("url"),
        ),
        "starts_at": event.get("datetime"),
    }


def _issue(action: str, issue: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    number = word_at(issue, "id")
    return _ISSUE_TYPES.get(action, UPDATED), {
        "fingerprint": None if number is None else f"issue/{number}",
        "severity": text_at(issue, "level"),
        "title": text_at(issue, "title") or text_at(issue, "metadata", "value"),
        "labels": texts(
            culprit=issue.get("culprit"),
            issue=issue.get("shortId"),
            platform=issue.get("platform"),
            project=part(issue, "project", "slug"),
            project_id=part(issue, "project", "id"),
        ),
        "metadata": texts(
            alert_url=issue.get("web_url") or issue.get("permalink"), api_url=issue.get("url")
        ),
        "starts_at": issue.get("firstSeen") if action == "created" else None,
    }


def _tags(event: dict[str, Any]) -> dict[str, str]:
    """Return the event's tags, a list of pairs, as labels."""
    pairs = (tag for tag in list_at(event, "tags") if isinstance(tag, list))
    return {
        tag[0]: tag[1]
        for tag in pairs
        if len(tag) == _TAG_LENGTH and isinstance(tag[0], str) and isinstance(tag[1], str)
    }
