"""Any tool's JSON, to events, by the expressions of a source's `map:`.

Responsible for `type: json` and the shipped maps, which are such sources: each field of the payload
is a guard expression over `alert`, one object the tool sent, and `delivery`, all it sent at once.
For other types of source the same expressions add to what we read. A field whose expression has no
value is left out and said; never raises for a JSON value, and a body can neither pick its own
expressions nor a type the engine raises.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec.json import decode
from msgspec.structs import replace

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.sources.delivery import (
    Member,
    Members,
    Normalised,
    Problem,
    ProblemCode,
)
from interlock.interpreter.sources.fields import shortened
from interlock.interpreter.sources.ingest import normalise_event
from interlock.interpreter.sources.member import no_object
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.times import format_timestamp
from interlock.rulebook.guard.values import INT_MAX, Timestamp, type_name

if TYPE_CHECKING:
    from interlock.interpreter.sources.profile import SourceProfile
    from interlock.rulebook.graph.state_graph import GuardRef


_FIELDS: Final = {"source": "reported_by"}
_ADDED_TO: Final = frozenset({"labels", "annotations", "metrics", "metadata"})


def normalise_json(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the event of one object, or a member for each alert of a batch.

    The alerts are what the source's `members:` gives; without it a list is a batch.
    """
    alerts = body
    if profile.members is not None:
        try:
            alerts = profile.members.evaluate({"alert": body, "delivery": body})
        except GuardError as error:
            detail = f"members: {profile.members.text} has no value ({error.message})"
            return Problem(ProblemCode.NOT_AN_EVENT, detail)
    if isinstance(alerts, list | tuple):
        return tuple(
            _normalise_object(alert, body, profile, index) for index, alert in enumerate(alerts)
        )
    member = _normalise_object(alerts, body, profile, 0)
    return member if isinstance(member, Problem) and alerts is body else (member,)


def add_mapped(member: Member, profile: SourceProfile, delivery: Any) -> Member:
    """Return a member that a normaliser of ours read, with what the source's `map:` says of it.

    What is mapped replaces what was read; labels, annotations, metrics and metadata are added to.
    """
    if isinstance(member, Problem):
        return member
    event = member.event
    payload, remarks = _evaluate(decode(member.raw), delivery, profile)
    is_said = not payload.keys().isdisjoint(("type", "status"))
    type_ = _type(payload) if is_said else event.type
    read = normalise_event({"type": type_, "payload": payload}, profile, event.index)
    if isinstance(read, Problem):
        return replace(read, raw=member.raw)
    given = {_FIELDS.get(name, name) for name, value in payload.items() if value is not None}
    changed = {name: getattr(read.event, name) for name in given}
    changed |= {
        name: {**getattr(event, name), **changed[name]} for name in _ADDED_TO & changed.keys()
    }
    if is_said:
        changed |= {"type": type_, "origin": read.event.origin, "status": read.event.status}
    said = shortened([*event.remarks, *remarks, *read.event.remarks])
    return Normalised(replace(event, **changed, remarks=said), member.raw)


def _normalise_object(alert: Any, delivery: Any, profile: SourceProfile, index: int) -> Member:
    if not isinstance(alert, dict):
        return no_object(_json_or_none(alert), index)
    payload, remarks = _evaluate(alert, delivery, profile)
    raw = encode(alert)
    member = normalise_event({"type": _type(payload), "payload": payload}, profile, index)
    if isinstance(member, Problem):
        return replace(member, raw=raw)
    event = replace(
        member.event,
        raw=hashlib.sha256(raw).hexdigest(),
        remarks=shortened([*remarks, *member.event.remarks]),
    )
    return replace(member, event=event, raw=raw)


def _evaluate(
    alert: Any, delivery: Any, profile: SourceProfile
) -> tuple[dict[str, Any], list[str]]:
    """Return what each expression gave; one without a value is left out, and said."""
    payload: dict[str, Any] = {}
    remarks: list[str] = []
    for name, expression in profile.fields.items():
        try:
            value = expression.evaluate({"alert": alert, "delivery": delivery})
            payload[name] = _json_value(value)
        except GuardError as error:
            remarks.append(f"{name}: {expression.text} has no value ({error.message}); left out")
    for name, parts in (("labels", profile.labels), ("metadata", profile.links)):
        if found := _each(parts, alert, delivery):
            given = payload.get(name)
            payload[name] = {**given, **found} if isinstance(given, dict) else found
    return payload, remarks


def _each(expressions: Mapping[str, GuardRef], alert: Any, delivery: Any) -> dict[str, Any]:
    """Return what has a value and is not null or empty: one missing label is no loss."""
    found = {}
    for name, expression in expressions.items():
        try:
            value = _json_value(expression.evaluate({"alert": alert, "delivery": delivery}))
        except GuardError:
            continue
        if value is not None and value != "":
            found[name] = value
    return found


def _type(payload: dict[str, Any]) -> Any:
    """Take the mapped type out of the payload; without one the status decides."""
    if (mapped := payload.pop("type", None)) is not None:
        return mapped
    status = payload.get("status")
    is_resolved = isinstance(status, str) and status.lower() == "resolved"
    return "alert.resolved" if is_resolved else "alert.triggered"


def _json_value(value: Any) -> Any:
    """Return what an expression gave, as JSON has it."""
    if isinstance(value, list | tuple):
        return [_json_value(member) for member in value]
    if isinstance(value, Mapping):
        return {_key(key): _json_value(member) for key, member in value.items()}
    return _json_scalar(value)


def _json_or_none(value: Any) -> Any:
    """Return a member that is no object as JSON has it; what JSON has not is null."""
    try:
        return _json_value(value)
    except GuardError:
        return None


def _json_scalar(value: Any) -> Any:
    match value:
        case None | bool() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case int():
            return int(value) if value <= INT_MAX else str(int(value))
        case Timestamp():
            return format_timestamp(value)
        case bytes():
            return base64.b64encode(value).decode()
    raise GuardError(f"a {type_name(value)} like this is no value an event can hold")


def _key(key: Any) -> str:
    return key if isinstance(key, str) else encode(key).decode()
