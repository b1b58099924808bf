"""Core values as people see them: JSON with RFC 3339 times.

Rules of this file: pure; nothing is renamed and nothing is left out of an incident or a record, so
that what is shown can be compared with what is stored. Only fields that are times of ours change
their form; what senders wrote stays as it was.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from interlock.interpreter.journal.outbox import EffectStatus
from interlock.rulebook.guard.times import format_timestamp
from interlock.rulebook.guard.values import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interlock.interpreter.core.change import Transitioned
    from interlock.interpreter.core.control import Control
    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.core.incident import Incident
    from interlock.interpreter.core.record import Effect, Record
    from interlock.interpreter.journal.outbox import OutboxRow
    from interlock.interpreter.journal.store import Quarantined
    from interlock.interpreter.runtime.delivery import Answer
    from interlock.rulebook.graph.state_graph import Automation

_TIMES: Final = frozenset(
    {
        "acknowledged_at",
        "at",
        "claimed_until",
        "closed_at",
        "created_at",
        "due",
        "ends_at",
        "first_at",
        "expires_at",
        "not_before",
        "opened_at",
        "resolved_at",
        "sla_paused_at",
        "started_at",
        "starts_at",
        "state_since",
        "until",
        "updated_at",
    }
)
"""Fields of our own structs that hold an instant."""


def format_instant(instant: Instant) -> str:
    """Return an instant as RFC 3339, UTC, to the nanosecond where it needs that."""
    return format_timestamp(Timestamp(instant))


def view(value: Any) -> Any:
    """Return a core value as JSON values."""
    if isinstance(value, Struct):
        return _view_struct(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: view(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [view(member) for member in value]
    return value


def _view_struct(value: Struct) -> dict[str, Any]:
    config = value.__struct_config__
    shown: dict[str, Any] = {}
    if config.tag is not None and config.tag_field is not None:
        shown[config.tag_field] = config.tag
    names = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
    for name, encoded in names:
        member = getattr(value, name)
        if name in _TIMES and isinstance(member, int):
            shown[encoded] = format_instant(member)
        else:
            shown[encoded] = view(member)
    return shown


def view_incident(incident: Incident) -> dict[str, Any]:
    """Return an incident."""
    shown = _view_struct(incident)
    if incident.post_mortem is not None:
        shown["post_mortem"] = _with_due(incident.post_mortem)
    return shown


def _with_due(post_mortem: Any) -> dict[str, Any]:
    due = post_mortem.get("due")
    shown = view(dict(post_mortem))
    return {**shown, "due": format_instant(due)} if isinstance(due, int) else dict(shown)


def view_record(record: Record) -> dict[str, Any]:
    """Return a record as the timeline shows it."""
    return _view_struct(record)


def view_answer(answer: Answer) -> dict[str, Any]:
    """Return what became of an event."""
    shown: dict[str, Any] = {
        "incident": answer.incident,
        "disposition": answer.disposition,
        "transitions": view_transitions(answer.transitions),
    }
    if answer.reason is not None:
        shown["reason"] = answer.reason
    return shown


def view_transitions(transitions: Iterable[Transitioned]) -> list[dict[str, str]]:
    """Return transitions, in order."""
    return [{"from": t.from_, "to": t.to, "rule": t.rule} for t in transitions]


def view_effect(row: OutboxRow, effect: Effect) -> dict[str, Any]:
    """Return an outbox row with what it asks for."""
    shown = _view_struct(row)
    del shown["data"]
    if not row.claimed_until or row.status == EffectStatus.PENDING:
        shown["claimed_until"] = None
    if not row.not_before:
        shown["not_before"] = None
    if not row.started_at:
        shown["started_at"] = None
    return {**shown, "effect": view(effect)}


def view_quarantined(item: Quarantined) -> dict[str, Any]:
    """Return what was put aside; bytes that are no JSON are shown as text."""
    shown = _view_struct(item)
    try:
        shown["data"] = msgspec.json.decode(item.data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        shown["data"] = item.data.decode(errors="backslashreplace")
    return shown


def view_automation(control: Control, daemon: Automation, now: Instant) -> dict[str, Any]:
    """Return the automation ladder: the level in force, and what operators set."""
    in_force = min((daemon, control.automation(now)), key=lambda mode: mode.rank)
    return {
        "mode": in_force.value,
        "daemon": daemon.value,
        "overrides": [
            {"hook": None if hook == "*" else hook, **_view_struct(override)}
            for hook, override in sorted(control.overrides.items())
            if override.until is None or override.until > now
        ],
    }
