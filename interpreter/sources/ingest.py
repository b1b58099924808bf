"""The event object that `POST /ingest` takes, to an event of the core.

Responsible for Interlock's own envelope, `{"type": "alert.triggered", "payload": {...}}`, in
camelCase or snake_case. Never raises for a JSON value, never lets a payload speak for the engine:
types the engine raises are refused, whoever sends them. People send `gate.denied`, so it is none.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.core.event import RESERVED_TYPES, Event, Origin
from interlock.interpreter.sources.delivery import Members, Normalised, Problem, ProblemCode
from interlock.interpreter.sources.fields import (
    ID_LENGTH_MAX,
    fingerprint_of,
    kind_of,
    read_metrics,
    read_object,
    read_tags,
    read_text,
    read_texts,
    read_title,
    shortened,
    snake_case_keys,
    without_nul,
)
from interlock.interpreter.sources.instants import read_instant
from interlock.interpreter.sources.severity import read_severity

if TYPE_CHECKING:
    from interlock.interpreter.sources.profile import SourceProfile

TYPE_LENGTH_MAX: Final = 128
_STATUSES: Final = frozenset({"firing", "resolved"})
_MAPPED: Final = frozenset(
    {
        "id",
        "fingerprint",
        "title",
        "labels",
        "annotations",
        "metrics",
        "tags",
        "metadata",
        "starts_at",
        "ends_at",
        "source",
        "status",
        "gate",
        "digest",
        "reason",
    }
)
"""Members that have a field of their own; all others are kept in `data`, also `severity`'s word."""


def normalise_ingest(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the one event of a bare body, or the members of a list of such objects."""
    if isinstance(body, list):
        return tuple(normalise_event(item, profile, index) for index, item in enumerate(body))
    member = normalise_event(body, profile)
    return member if isinstance(member, Problem) else (member,)


def normalise_event(body: Any, profile: SourceProfile, index: int = 0) -> Normalised | Problem:
    """Return the event that one `{"type", "payload"}` object holds."""
    if not isinstance(body, dict):
        return _not_an_event(f"an event is a JSON object, this is {kind_of(body)}", body, index)
    type_ = body.get("type")
    if not isinstance(type_, str) or not 0 < len(type_) <= TYPE_LENGTH_MAX:
        return _not_an_event(
            f'an event has a "type" such as "alert.triggered", at most {TYPE_LENGTH_MAX} long',
            body,
            index,
        )
    type_ = without_nul(type_)
    if type_ in RESERVED_TYPES:
        return Problem(
            ProblemCode.RESERVED_TYPE,
            f"only the engine raises {type_}; no source may send it",
            encode(body),
            index,
        )
    return normalise_payload(type_, body.get("payload"), profile, index)


def normalise_payload(
    type_: str, payload: Any, profile: SourceProfile, index: int = 0
) -> Normalised:
    """Return the event of a type with what its payload says; any payload makes an event."""
    remarks: list[str] = []
    raw = encode(payload)
    members = snake_case_keys(read_object("payload", payload, remarks), remarks)
    is_alert = type_.startswith("alert.")
    labels = read_texts("labels", members.get("labels"), remarks)
    annotations = _annotations(members, remarks)
    title = read_title(_title(members, labels, annotations), remarks)
    id_ = read_text("id", members.get("id"), remarks, length_max=ID_LENGTH_MAX)
    fingerprint = _fingerprint(members, id_, labels, title, remarks)
    if fingerprint is None and is_alert:
        fingerprint = fingerprint_of(payload)
    event = Event(
        type=type_,
        origin=Origin.ALERT if is_alert else Origin.HUMAN,
        source=profile.name,
        id=id_,
        fingerprint=fingerprint,
        severity=read_severity(members.get("severity"), profile.words, remarks),
        status=_status(type_, members.get("status"), remarks) if is_alert else None,
        title=title,
        labels=labels,
        annotations=annotations,
        metrics=read_metrics(members.get("metrics"), remarks),
        tags=read_tags(members.get("tags"), remarks),
        metadata=read_object("metadata", members.get("metadata"), remarks),
        starts_at=read_instant("starts_at", members.get("starts_at"), remarks),
        ends_at=read_instant("ends_at", members.get("ends_at"), remarks),
        reported_by=_short(members, "source", remarks),
        gate=_short(members, "gate", remarks),
        digest=_short(members, "digest", remarks),
        reason=read_text("reason", members.get("reason"), remarks, length_max=10_000),
        data={key: value for key, value in members.items() if key not in _MAPPED},
        raw=hashlib.sha256(raw).hexdigest(),
        index=index,
        remarks=shortened(remarks),
    )
    return Normalised(event, raw)


def _short(members: dict[str, Any], name: str, remarks: list[str]) -> str | None:
    return read_text(name, members.get(name), remarks, length_max=ID_LENGTH_MAX)


def _annotations(members: dict[str, Any], remarks: list[str]) -> dict[str, str]:
    """Return the annotations; a bare `summary` or `description` is kept among them."""
    annotations = read_texts("annotations", members.get("annotations"), remarks)
    for name in ("summary", "description"):
        if isinstance(text := members.get(name), str) and name not in annotations:
            annotations[name] = without_nul(text)
    return annotations


def _title(members: dict[str, Any], labels: dict[str, str], annotations: dict[str, str]) -> Any:
    """Return the first thing given that names what is wrong."""
    return (
        members.get("title")
        or annotations.get("summary")
        or labels.get("alertname")
        or annotations.get("description", "").partition("\n")[0]
    )


def _fingerprint(
    members: dict[str, Any],
    id_: str | None,
    labels: dict[str, str],
    title: str | None,
    remarks: list[str],
) -> str | None:
    return (
        _short(members, "fingerprint", remarks)
        or id_
        or (fingerprint_of(labels) if labels else None)
        or (fingerprint_of(title) if title else None)
    )


def _status(type_: str, given: Any, remarks: list[str]) -> str:
    """Return what the type says; the payload's `status` speaks only for types that say nothing."""
    said = {"alert.triggered": "firing", "alert.resolved": "resolved"}.get(type_)
    status = given.lower() if isinstance(given, str) else None
    if status not in _STATUSES:
        return said or "firing"
    if said is not None and status != said:
        remarks.append(f"status {status} contradicts the type {type_}, which holds")
    return said or status


def _not_an_event(detail: str, body: Any, index: int) -> Problem:
    return Problem(ProblemCode.NOT_AN_EVENT, detail, encode(body), index)
