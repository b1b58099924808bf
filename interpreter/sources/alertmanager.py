"""Alertmanager's webhook (version 4), to one event per alert.

Responsible for that one format; a member that cannot be read becomes a problem in its place and
the others go on. Never raises for a JSON value.
Source: Alertmanager documentation, `webhook_config`, and bodies recorded from 0.25.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

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
    read_metrics,
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

_TYPES: Final = {"firing": "alert.triggered", "resolved": "alert.resolved"}
_GROUP_LINKS: Final = {
    "externalURL": "external_url",
    "groupKey": "group_key",
    "receiver": "receiver",
}


class Dialect(Struct, frozen=True):
    """What differs between senders of this shape.

    Attributes:
        version: The version of their notifications that is read.
        links: Members of an alert that are links back, with the names they get in `metadata`.
        metrics: The member of an alert that holds numbers, if any.
    """

    sender: str
    version: str
    links: Mapping[str, str]
    metrics: str | None = None


_ALERTMANAGER: Final = Dialect(
    sender="Alertmanager", version="4", links={"generatorURL": "generator_url"}
)


def normalise_alertmanager(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return a member for each alert of the notification, in its order."""
    return normalise_notification(body, profile, _ALERTMANAGER)


def normalise_notification(
    body: Any, profile: SourceProfile, dialect: Dialect
) -> Members | Problem:
    """Return a member for each alert of a notification of Alertmanager's shape."""
    alerts = body.get("alerts") if isinstance(body, dict) else None
    if not isinstance(alerts, list):
        return Problem(
            ProblemCode.NOT_AN_EVENT,
            f'a notification of {dialect.sender} is an object with a list of "alerts"',
        )
    remarks = _group_remarks(body, dialect)
    links = {
        ours: without_nul(value)
        for theirs, ours in _GROUP_LINKS.items()
        if isinstance(value := body.get(theirs), str) and value
    }
    return tuple(
        _normalise_alert(alert, index, profile, dialect, (links, remarks))
        for index, alert in enumerate(alerts)
    )


def _group_remarks(body: dict[str, Any], dialect: Dialect) -> list[str]:
    """Return what is to be said of every alert of the notification."""
    remarks = []
    if body.get("version", dialect.version) != dialect.version:
        remarks.append(f"the notification is not of version {dialect.version}; read as if it were")
    left_out = body.get("truncatedAlerts")
    if isinstance(left_out, int) and left_out > 0:
        remarks.append(f"the sender left {left_out} more alerts of this group out (max_alerts)")
    return remarks


def _normalise_alert(
    alert: Any,
    index: int,
    profile: SourceProfile,
    dialect: Dialect,
    group: tuple[dict[str, str], list[str]],
) -> Member:
    if not isinstance(alert, dict):
        return _not_an_alert(f"an alert is an object, this is {kind_of(alert)}", alert, index)
    links, remarks = group[0], list(group[1])
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
    own = {
        ours: without_nul(link)
        for theirs, ours in dialect.links.items()
        if isinstance(link := alert.get(theirs), str) and link
    }
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
        metrics=read_metrics(alert.get(dialect.metrics), remarks) if dialect.metrics else {},
        metadata={**links, **own} if own else links,
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
