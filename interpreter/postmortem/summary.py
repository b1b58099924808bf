"""What a post-mortem says of an incident, read from its records.

Pure. A later generation's records follow those of the earlier ones; the clock and its outcome are
the last generation's, the story is all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.interpreter.core import change as c
from interlock.interpreter.core.apply import apply
from interlock.interpreter.core.event import Instant
from interlock.interpreter.core.incident import Incident

if TYPE_CHECKING:
    from interlock.interpreter.core.record import Record

ENTRIES_MAX = 500
"""Lines of the story that a document holds; of a longer one the first and the last are kept."""


class Entry(Struct, frozen=True):
    """One thing that happened: when, by whom, what."""

    at: Instant
    actor: str
    what: str


class Ruling(Struct, frozen=True):
    """What people said at a gate."""

    gate: str
    status: str
    approved_by: tuple[str, ...]


class Deed(Struct, frozen=True):
    """What was done by a step, and what came of it."""

    step: str
    hook: str
    status: str
    attempts: int
    detail: str | None


class Summary(Struct, frozen=True, kw_only=True):
    """An incident as its post-mortem tells it.

    Attributes:
        sla: `met`, `missed`, or `none` where its severity has no SLA.
        left_out: How many entries the story has beyond those kept.
    """

    incident: Incident
    sla: str
    entries: Sequence[Entry]
    left_out: int
    rulings: Sequence[Ruling]
    deeds: Sequence[Deed]


def summarise(records: Sequence[Record]) -> Summary:
    """Return the summary of an incident's records, which begin with its opening."""
    incident: Incident | None = None
    entries: list[Entry] = []
    sla = "none"
    for record in records:
        incident = apply(incident, record)
        for change in record.changes:
            what = _told(change)
            if what is not None:
                entries.append(Entry(record.at, record.actor, what))
            sla = _sla(sla, change)
    assert incident is not None, "a stream begins with the record that opens it"
    kept = _shortened(entries)
    return Summary(
        incident=incident,
        sla="met" if sla == "running" and incident.resolved_at is not None else sla,
        entries=kept,
        left_out=len(entries) - len(kept),
        rulings=[
            Ruling(gate.name, gate.status.value, tuple(a.principal for a in gate.approvals))
            for gate in incident.gates.values()
        ],
        deeds=[
            Deed(step.path, step.hook, step.status.value, step.attempts, step.detail)
            for step in incident.steps.values()
        ],
    )


def _shortened(entries: list[Entry]) -> list[Entry]:
    if len(entries) <= ENTRIES_MAX:
        return entries
    half = ENTRIES_MAX // 2
    return entries[:half] + entries[-half:]


def _sla(known: str, change: c.Change) -> str:
    if isinstance(change, c.Opened | c.Reopened):
        return "none"
    if isinstance(change, c.Raised) and change.type == "sla.breached":
        return "missed"
    if isinstance(change, c.TimerSet) and change.name == "sla" and known != "missed":
        return "running"
    return known


def _told(change: c.Change) -> str | None:
    """Return a change in words, None for what only the machinery needs."""
    tell = _WORDS.get(type(change))
    return None if tell is None else tell(change)


_WORDS: dict[type, Callable[[Any], str]] = {
    c.Opened: lambda it: f"opened as {it.severity} in {it.to}: {it.reason}",
    c.Reopened: lambda it: f"reopened in {it.to} (generation {it.generation}): {it.reason}",
    c.Transitioned: lambda it: f"{it.from_} -> {it.to} by rule {it.rule}: {it.reason}",
    c.AlertChanged: lambda it: f"alert {it.member.fingerprint} {it.to}: {it.member.title}",
    c.SeverityChanged: lambda it: f"severity {it.from_} -> {it.to}: {it.reason}",
    c.Acknowledged: lambda it: f"acknowledgement: {it.reason}",
    c.Assigned: lambda it: f"assigned to {it.to}: {it.reason}",
    c.GateChanged: lambda it: f"gate {it.gate.name} {it.to}: {it.reason}",
    c.Approved: lambda it: f"approved at gate {it.gate}: {it.reason}",
    c.StepChanged: lambda it: f"step {it.step.path} {it.to}: {it.reason}",
    c.SlaClockChanged: lambda it: f"SLA clock {it.to}: {it.reason}",
    c.AttentionNeeded: lambda it: f"needs attention: {it.reason}",
    c.Noted: lambda it: str(it.reason),
    c.Raised: lambda it: f"{it.type}: {it.reason}",
}
