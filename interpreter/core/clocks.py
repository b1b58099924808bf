"""Durable timers of an incident: SLA, escalation, timed rules.

Rules of this file: deadlines are computed from recorded times only, so that a timer set late or
recovered after downtime has the deadline it would have had. SLA runs from opening to the first
resolved state, but for the time spent in states that pause it; escalation from opening to
acknowledgement. What has fired is not set again in the same generation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core import change as c
from interlock.interpreter.core import change_suppression as cs
from interlock.interpreter.core.incident import ESCALATION, SLA, ring

if TYPE_CHECKING:
    from interlock.interpreter.core.draft import Draft
    from interlock.rulebook.graph.state_graph import SeverityRow

POST_MORTEM = "post_mortem"
AFTER = "after/"
GATE = "gate/"
VERIFY = "verify/"
MUTE = "mute"


def start_clocks(draft: Draft) -> None:
    """Set SLA and escalation from the incident's severity row, counted from its opening."""
    incident = draft.incident
    _set_sla(draft)
    if incident.acknowledged_by is None:
        start_escalation(draft, incident.opened_at)


def start_escalation(draft: Draft, since: int) -> None:
    """Set one timer for each escalation level of the severity row."""
    for number, level in enumerate(draft.row.escalation, start=1):
        name = f"{ESCALATION}{number}"
        _set(draft, name, since + level.after_ns, f"escalates to {', '.join(level.notify)}")


def recompute_clocks(draft: Draft, before: SeverityRow) -> None:
    """Move SLA and escalation from a severity's row to the present one's; a missing one ends.

    An SLA that was met or missed under the row before stays so: it ran to the first resolved state.
    """
    incident, row = draft.incident, draft.row
    wanted = {f"{ESCALATION}{number}" for number in range(1, len(row.escalation) + 1)}
    if row.sla_ns is not None and (SLA in incident.timers or before.sla_ns is None):
        wanted.add(SLA)
        _set_sla(draft)
    wanted = {name for name in wanted if ring(name, incident.severity) not in incident.rung}
    for name in incident.timers:
        if (name == SLA or name.startswith(ESCALATION)) and name not in wanted:
            draft.add(c.TimerCancelled(name=name, reason="the severity changed"))
    if incident.acknowledged_by is None:
        start_escalation(draft, incident.opened_at)


def _set_sla(draft: Draft) -> None:
    incident, sla_ns = draft.incident, draft.row.sla_ns
    if sla_ns is not None and incident.sla_paused_at is None:
        due = incident.opened_at + sla_ns + incident.sla_paused_ns
        _set(draft, SLA, due, "SLA of the severity")


def _pause_or_go_on(draft: Draft) -> None:
    """Stop the SLA clock in a state that pauses it, and let it go on in one that does not.

    An SLA that was missed before stays missed: its clock has ended and is not paused.
    """
    incident = draft.incident
    pauses = incident.state in draft.graph.lifecycle.sla_paused
    if pauses and incident.sla_paused_at is None:
        if SLA in incident.timers:
            draft.add(c.TimerCancelled(name=SLA, reason=f"paused in {incident.state}"))
        elif draft.row.sla_ns is not None:
            return
        draft.add(c.SlaClockChanged(to="paused", reason=f"in {incident.state}"))
    elif not pauses and incident.sla_paused_at is not None:
        draft.add(c.SlaClockChanged(to="running", reason=f"in {incident.state}"))
        if draft.incident.is_open:
            _set_sla(draft)


def enter_state(draft: Draft) -> None:
    """Set a timer for each timed rule that leaves the present state; pause or resume the SLA."""
    _pause_or_go_on(draft)
    incident = draft.incident
    for rule in draft.graph.rules_from.get(incident.state, ()):
        if rule.after_ns is not None:
            due = incident.state_since + rule.after_ns
            _set(draft, AFTER + rule.id, due, f"timed rule {rule.id}")


def leave_state(draft: Draft, state: str) -> None:
    """Cancel timers of the state that was left: timed rules and gate deadlines."""
    for name in tuple(draft.incident.timers):
        if name.startswith((AFTER, GATE)):
            draft.add(c.TimerCancelled(name=name, reason=f"left {state}"))


def stop_escalation(draft: Draft, reason: str) -> None:
    """Cancel every escalation level still to come."""
    for name in tuple(draft.incident.timers):
        if name.startswith(ESCALATION):
            draft.add(c.TimerCancelled(name=name, reason=reason))


def stop_clocks(draft: Draft) -> None:
    """Stop SLA and escalation once the incident is resolved or closed."""
    reason = f"is {draft.incident.state}"
    for name in (SLA, MUTE):
        if name in draft.incident.timers:
            draft.add(c.TimerCancelled(name=name, reason=reason))
    if draft.incident.muted:
        draft.add(cs.Unmuted(reason=reason))
    stop_escalation(draft, reason)


def cancel_ticket(draft: Draft, reason: str) -> None:
    """Make no post-mortem ticket yet for an incident that is worked on again."""
    if POST_MORTEM in draft.incident.timers:
        draft.add(c.TimerCancelled(name=POST_MORTEM, reason=reason))


def _set(draft: Draft, name: str, due: int, reason: str) -> None:
    if ring(name, draft.incident.severity) in draft.incident.rung:
        return
    known = draft.incident.timers.get(name)
    if known is None or known.due != due:
        draft.add(c.TimerSet(name=name, due=due, reason=reason))
