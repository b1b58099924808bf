"""Any tool's JSON, to events, by the expressions of a source's `map:`.

Responsible for `type: json`: each field of the payload is a guard expression over `alert`, the
object the tool sent. A field whose expression has no value is left out and said; never raises for a
JSON value, and a body can neither pick its own expressions nor a type the engine raises.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from interlock.interpreter.core.canonical import encode
from interlock.interpreter.sources.delivery import Member, Members, Problem, ProblemCode
from interlock.interpreter.sources.fields import kind_of
from interlock.interpreter.sources.ingest import normalise_event
from interlock.rulebook.guard.errors import GuardError
from interlock.rulebook.guard.times import format_timestamp
from interlock.rulebook.guard.values import INT_MAX, Timestamp, type_name

if TYPE_CHECKING:
    from interlock.interpreter.sources.profile import SourceProfile


def normalise_json(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the event of one object, or a member for each object of a list."""
    if isinstance(body, list):
        return tuple(_normalise_object(alert, profile, index) for index, alert in enumerate(body))
    member = _normalise_object(body, profile, 0)
    return member if isinstance(member, Problem) else (member,)


def _normalise_object(alert: Any, profile: SourceProfile, index: int) -> Member:
    raw = encode(alert)
    if not isinstance(alert, dict):
        detail = f"an alert is a JSON object, this is {kind_of(alert)}"
        return Problem(ProblemCode.NOT_AN_EVENT, detail, raw, index)
    remarks: list[str] = []
    payload = {}
    for name, expression in profile.fields.items():
        try:
            payload[name] = _json_value(expression.evaluate({"alert": alert}))
        except GuardError as error:
            remarks.append(f"{name}: {expression.text} has no value ({error.message}); left out")
    member = normalise_event({"type": _type(payload), "payload": payload}, profile, index)
    if isinstance(member, Problem):
        return replace(member, raw=raw)
    event = replace(
        member.event,
        raw=hashlib.sha256(raw).hexdigest(),
        remarks=(*remarks, *member.event.remarks),
    )
    return replace(member, event=event, raw=raw)


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
