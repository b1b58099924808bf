"""What people say to an incident: acknowledge, approve, set, start, note.

Rules of this file: a signal either does what it says or is rejected with the reason; the principal
is who the shell authenticated, never who a body claims to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core import change as c
from interlock.interpreter.core import clocks, gate_words, gates
from interlock.interpreter.core.alerts import set_severity
from interlock.interpreter.core.event import RESERVED_TYPES
from interlock.interpreter.core.notify import tell_pagers
from interlock.interpreter.core.postmortem import complete
from interlock.interpreter.core.remediation import start_waiting, take_back
from interlock.interpreter.core.rules import Run, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from interlock.interpreter.core.draft import Draft
    from interlock.interpreter.core.event import Event
    from interlock.interpreter.core.incident import GateState


class Verdict:
    """How a signal ended: applied, or rejected with a reason."""

    def __init__(self, rejected: str | None = None, wanted: str | None = None) -> None:
        self.rejected = rejected
        self.wanted = wanted


APPLIED = Verdict()


def take_signal(draft: Draft, event: Event) -> Verdict:
    """Carry out a person's signal, then run it on the rules."""
    if event.type in RESERVED_TYPES:
        return Verdict(f"{event.type} is raised by the engine only")
    if event.type in _GATE_WORDS:
        return _decide_gate(draft, event)
    if event.type == "gate.overridden":
        return _override_gate(draft, event)
    direct = _DIRECT.get(event.type)
    if direct is not None:
        why_not = direct(draft, event)
        if why_not is not None:
            return Verdict(why_not)
    return _judge(run(draft, event), is_direct=direct is not None)


def _judge(outcome: Run, *, is_direct: bool) -> Verdict:
    if is_direct or outcome.failed or outcome.reached or outcome.gated or outcome.asked is None:
        return APPLIED
    return Verdict(outcome.reason or f"{outcome.asked} was not reached", outcome.asked)


def principal(draft: Draft, event: Event) -> str:
    """Name who speaks; a name claimed without authentication is kept as claimed."""
    claimed = event.data.get("by")
    if draft.actor == "anonymous" and isinstance(claimed, str) and claimed:
        return f"anonymous (claimed: {claimed[:100]})"
    return draft.actor


def _decide_gate(draft: Draft, event: Event) -> Verdict:
    draft.event = event
    gates.keep_current(draft)
    standing = _gates_meant(draft, event)
    if not standing and event.type == "mitigation.approved" and event.gate is None:
        return _judge(run(draft, event), is_direct=False)
    if len(standing) != 1:
        return Verdict(_which_gate(draft, event, standing))
    (gate,) = standing
    refused = _GATE_WORDS[event.type](draft, gate, event)
    if refused is not None:
        return Verdict(refused)
    is_through = gates.is_satisfied(draft.incident.gates[gate.name])
    run(draft, event, asks=False, first=gate.rule if is_through else None)
    return APPLIED


def _override_gate(draft: Draft, event: Event) -> Verdict:
    draft.event = event
    gates.keep_current(draft)
    past = [
        gate
        for gate in draft.incident.gates.values()
        if (not gate.is_open if event.gate is None else gate.name == event.gate)
    ]
    if len(past) != 1:
        names = ", ".join(gate.name for gate in past)
        return Verdict(f"name one gate: {names}" if past else "there is no such gate to override")
    (gate,) = past
    refused = gate_words.override(draft, gate, event)
    if refused is not None:
        return Verdict(refused)
    outcome = run(draft, event, asks=False, first=gate.rule)
    if draft.incident.gates[gate.name].status is gate.status and not outcome.failed:
        return Verdict(f"gate {gate.name} stays {gate.status}: its rule does not hold now")
    return APPLIED


def _gates_meant(draft: Draft, event: Event) -> list[GateState]:
    """Return the open gates that an approval or denial may mean: the named one, or any."""
    standing = [gate for gate in draft.incident.gates.values() if gate.is_open]
    if event.gate is not None:
        return [gate for gate in standing if gate.name == event.gate]
    if event.type == "mitigation.approved":
        target = draft.graph.events.get(event.type)
        return [gate for gate in standing if gate.target == target]
    return standing


def _which_gate(draft: Draft, event: Event, standing: list[GateState]) -> str:
    if standing:
        names = ", ".join(gate.name for gate in standing)
        return f"several gates are open, name one: {names}"
    known = draft.incident.gates
    meant = list(known.values()) if event.gate is None else [known.get(event.gate)]
    past = ", ".join(f"gate {gate.name} is {gate.status}" for gate in meant if gate is not None)
    if past:
        return f"too late, no gate is open: {past}" if event.gate is None else f"too late: {past}"
    return "no gate is open" if event.gate is None else f"gate {event.gate} is not open"


_GATE_WORDS: dict[str, Callable[[Draft, GateState, Event], str | None]] = {
    "gate.approved": gate_words.approve,
    "mitigation.approved": gate_words.approve,
    "gate.denied": gate_words.deny,
    "gate.revoked": gate_words.revoke,
    "gate.break_glass": gate_words.break_glass,
}
"""What a person may say to an open gate."""


def _acknowledge(draft: Draft, event: Event) -> str | None:
    incident = draft.incident
    if not incident.is_open:
        return f"the incident is {incident.state}"
    who = principal(draft, event)
    reason = event.reason or f"acknowledged by {who}"
    draft.add(c.Acknowledged(from_=incident.acknowledged_by, to=who, reason=reason))
    clocks.stop_escalation(draft, "acknowledged")
    tell_pagers(draft, "acknowledged", f"acknowledged by {who}")
    if incident.needs_attention:
        draft.add(c.AttentionCleared(reason=f"acknowledged by {who}"))
    return None


def _unacknowledge(draft: Draft, event: Event) -> str | None:
    before = draft.incident.acknowledged_by
    if before is None:
        return "nobody has acknowledged it"
    reason = event.reason or f"given back by {principal(draft, event)}"
    draft.add(c.Acknowledged(from_=before, to=None, reason=reason))
    if draft.incident.is_open:
        clocks.start_escalation(draft, draft.now)
    return None


def _assign(draft: Draft, event: Event) -> str | None:
    assignee = event.data.get("assignee")
    if not isinstance(assignee, str) or not assignee:
        return "`assignee` must name whom to assign"
    before = draft.incident.assigned_engineer
    reason = event.reason or f"assigned by {principal(draft, event)}"
    draft.add(c.Assigned(from_=before, to=assignee, reason=reason))
    return None


def _set_severity(draft: Draft, event: Event) -> str | None:
    if event.severity is None:
        return "`severity` must be given"
    unknown = next((r for r in event.remarks if r.startswith("unknown severity")), None)
    if unknown is not None:
        return unknown
    if not event.reason:
        return "a severity is set with a `reason`"
    set_severity(draft, event.severity, f"{event.reason} ({principal(draft, event)})")
    return None


def _note(draft: Draft, event: Event) -> str | None:
    text = event.reason or event.data.get("note")
    if not isinstance(text, str) or not text:
        return "`note` must hold the text"
    draft.add(c.Noted(reason=f"{principal(draft, event)}: {text}"))
    return None


def _start_runbook(draft: Draft, event: Event) -> str | None:
    draft.event = event
    return start_waiting(draft, event.data.get("runbook"))


def _undo_runbook(draft: Draft, event: Event) -> str | None:
    draft.event = event
    return take_back(draft, event.data.get("runbook"))


_DIRECT: dict[str, Callable[[Draft, Event], str | None]] = {
    "engineer.ack": _acknowledge,
    "engineer.unack": _unacknowledge,
    "incident.assigned": _assign,
    "incident.noted": _note,
    "severity.set": _set_severity,
    "postmortem.completed": complete,
    "runbook.start": _start_runbook,
    "gate.reviewed": gate_words.review,
    "runbook.undo": _undo_runbook,
}
