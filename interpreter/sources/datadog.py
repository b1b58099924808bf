"""Datadog's webhooks integration, to one event.

Responsible for two bodies: the template of docs/sources.md, which names the variables we read, and
Datadog's own default, which has only a title to tell a recovery by. Never raises.
Source: https://docs.datadoghq.com/integrations/webhooks/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.sources.fields import fingerprint_of
from interlock.interpreter.sources.member import (
    FIRING,
    RESOLVED,
    make_member,
    no_delivery,
    no_event,
    no_object,
)
from interlock.interpreter.sources.reading import joined, text_at, texts, word_at

if TYPE_CHECKING:
    from interlock.interpreter.sources.delivery import Member, Members, Problem
    from interlock.interpreter.sources.profile import SourceProfile

_BRACKET: Final = re.compile(
    r"^\[(?P<word>(?:re-)?(?:triggered|recovered|no data|warn|renotify))\b[^\]]*\]\s*",
    re.IGNORECASE,
)
_BEGINS: Final = frozenset({"triggered", "warn", "no data"})
_WARNS: Final = frozenset({"warn", "re-warn", "warning"})


def normalise_datadog(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the event of one body, or a member for each of a list."""
    if isinstance(body, list):
        return tuple(_normalise(alert, profile, index) for index, alert in enumerate(body))
    if not isinstance(body, dict):
        return no_delivery("a Datadog webhook sends a JSON object")
    return (_normalise(body, profile, 0),)


def _normalise(alert: Any, profile: SourceProfile, index: int) -> Member:
    if not isinstance(alert, dict):
        return no_object(alert, index)
    title = text_at(alert, "alert_title") or text_at(alert, "title")
    alert_id = word_at(alert, "alert_id")
    if title is None and alert_id is None:
        return no_event("a Datadog alert has an `alert_id` or a title, this has neither", alert)
    remarks: list[str] = []
    bracket = _BRACKET.match(title) if title else None
    transition = _transition(alert, bracket, remarks)
    is_resolved = "recovered" in transition
    name = title[bracket.end() :] if title and bracket else title
    time = alert.get("date")
    payload = {
        "fingerprint": joined(alert_id, word_at(alert, "alert_scope") or "")
        or word_at(alert, "aggreg_key")
        or fingerprint_of(name),
        "severity": _severity(alert, transition),
        "title": name or title,
        "description": text_at(alert, "body"),
        "labels": _labels(alert),
        "tags": text_at(alert, "tags"),
        "metadata": texts(alert_url=alert.get("link"), cycle=alert.get("alert_cycle_key")),
        "starts_at": time if transition in _BEGINS else None,
        "ends_at": time if is_resolved else None,
    }
    type_ = RESOLVED if is_resolved else FIRING
    return make_member(type_, payload, alert, profile, index=index, remarks=remarks)


def _transition(alert: dict[str, Any], bracket: re.Match[str] | None, remarks: list[str]) -> str:
    """Return what happened to the monitor, in lower case."""
    if (said := text_at(alert, "alert_transition")) is not None:
        return said.strip().lower()
    if bracket is not None:
        return bracket["word"].lower()
    remarks.append("no alert_transition: taken as triggered")
    return "triggered"


def _severity(alert: dict[str, Any], transition: str) -> str | None:
    """Return the monitor's priority, else what the transition or the alert's type says."""
    if (priority := text_at(alert, "alert_priority")) is not None:
        return priority
    return "warning" if transition in _WARNS else text_at(alert, "alert_type")


def _labels(alert: dict[str, Any]) -> dict[str, str]:
    """Return labels of the tags `key:value`, the first of each key, and of the monitor."""
    labels: dict[str, str] = {}
    for tag in (text_at(alert, "tags") or "").split(","):
        key, colon, value = tag.strip().partition(":")
        if colon and key:
            labels.setdefault(key, value)
    named = texts(
        host=alert.get("hostname"),
        metric=alert.get("alert_metric"),
        monitor=alert.get("alert_id"),
        scope=alert.get("alert_scope"),
    )
    return {**labels, **named}
