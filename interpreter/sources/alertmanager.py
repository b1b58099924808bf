"""Alertmanager's webhook (version 4), to one event per alert.

Responsible for that one format; a member that cannot be read becomes a problem in its place and
the others go on. Never raises for a JSON value.
Source: Alertmanager documentation, `webhook_config`, and bodies recorded from 0.25.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.event import Event, Origin
from interlock.interpreter.sources.delivery import (
    Member,
    Members,
    Normalised,
    Problem,
    ProblemCode,
)
from interlock.interpreter.sources.fields import (
    ID_LENGTH_MAX,
    fingerprint_of,
    kind_of,
    read_text,
    read_texts,
    read_title,
    shortened,
    without_nul,
)
from interlock.interpreter.sources.instants import read_instant
from interlock.interpreter.sources.severity import read_severity

if TYPE_CHECKING:
    from interlock.interpreter.sources.profile import SourceProfile

_VERSION: Final = "4"
_TYPES: Final = {"firing": "alert.triggered", "resolved": "alert.resolved"}
_GROUP_LINKS: Final = {
    "externalURL": "external_url",
    "groupKey": "group_key",
    "receiver": "receiver",
}


def normalise_alertmanager(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return a member for each alert of the notification, in its order."""
    alerts = body.get("alerts") if isinstance(body, dict) else None
    if not isinstance(alerts, list):
        return Problem(
            ProblemCode.NOT_AN_EVENT,
            'an Alertmanager notification is an object with a list of "alerts"',
        )
    remarks = _group_remarks(body)
    links = {
        ours: without_nul(value)
        for theirs, ours in _GROUP_LINKS.items()
        if isinstance(value := body.get(theirs), str) and value
    }
    return tuple(
        _normalise_alert(alert, index, profile, links, remarks)
        for index, alert in enumerate(alerts)
    )


def _group_remarks(body: dict[str, Any]) -> list[str]:
    """Return what is to be said of every alert of the notification."""
    remarks = []
    if body.get("version", _VERSION) != _VERSION:
        remarks.append("the notification is not of version 4; read as if it were")
    left_out = body.get("truncatedAlerts")
    if isinstance(left_out, int) and left_out > 0:
        remarks.append(f"the sender left {left_out} more alerts of this group out (max_alerts)")
    return remarks


def _normalise_alert(
    alert: Any, index: int, profile: SourceProfile, links: dict[str, str], group_remarks: list[str]
) -> Member:
    if not isinstance(alert, dict):
        return _not_an_alert(f"an alert is an object, this is {kind_of(alert)}", alert, index)
    remarks = list(group_remarks)
    labels = read_texts("labels", alert.get("labels"), remarks)
    fingerprint = read_text(
        "fingerprint", alert.get("fingerprint"), remarks, length_max=ID_LENGTH_MAX
    )
    if not labels and fingerprint is None:
        return _not_an_alert(
            "an alert has labels or a fingerprint, this one has neither", alert, index
        )
    raw = encode(alert)
    annotations = read_texts("annotations", alert.get("annotations"), remarks)
    status = _status(alert.get("status"), remarks)
    generator = alert.get("generatorURL")
    event = Event(
        type=_TYPES[status],
        origin=Origin.ALERT,
        source=profile.name,
        fingerprint=fingerprint or fingerprint_of(labels),
        severity=read_severity(labels.get("severity"), profile.words, remarks),
        status=status,
        title=read_title(annotations.get("summary") or labels.get("alertname"), remarks),
        labels=labels,
        annotations=annotations,
        metadata={**links, "generator_url": without_nul(generator)}
        if isinstance(generator, str) and generator
        else links,
        starts_at=read_instant("startsAt", alert.get("startsAt"), remarks),
        ends_at=read_instant("endsAt", alert.get("endsAt"), remarks),
        raw=hashlib.sha256(raw).hexdigest(),
        index=index,
        remarks=shortened(remarks),
    )
    return Normalised(event, raw)


def _status(given: Any, remarks: list[str]) -> str:
    """Return the alert's status; one we do not know counts as firing, since silence is worse."""
    if isinstance(given, str) and given in _TYPES:
        return given
    remarks.append("status is neither firing nor resolved; taken as firing")
    return "firing"


def _not_an_alert(detail: str, alert: Any, index: int) -> Problem:
    return Problem(ProblemCode.NOT_AN_EVENT, detail, encode(alert), index)
