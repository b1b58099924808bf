"""Gates: transitions that wait for people.

Rules of this file: guard first, then gate. Opening takes no rule. A gate's state says what is
waited for and what its approvers were shown; an approval is bound to the digest of that, and a
changed digest voids it. Only an open gate takes approvals; denied or expired, it stays closed until
its target is asked for again or severity rises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core import clocks
from interlock.interpreter.core.event import Event, Origin
from interlock.interpreter.core.guards import FALSE, TRUE, Answer, ask_guard
from interlock.interpreter.core.incident import Approval, GateState, GateStatus
from interlock.interpreter.core.keys import shown_digest
from interlock.interpreter.core.notify import need_attention, tell
from interlock.interpreter.core.remediation import plan

if TYPE_CHECKING:
    from interlock.interpreter.core.draft import Draft
    from interlock.rulebook.graph.state_graph import Rule


def keep_current(draft: Draft) -> None:
    """Expire what is overdue, whether or not its timer has fired, and show what has changed."""
    for gate in tuple(draft.incident.gates.values()):
        if not gate.is_open:
            continue
        if gate.expires_at is not None and draft.now >= gate.expires_at:
            expire(draft, gate)
        else:
            _show_anew(draft, gate)


def _show_anew(draft: Draft, gate: GateState) -> None:
    """Void the approvals of a gate that now asks for something else than was shown."""
    rule = _rule_of(draft, gate)
    if rule is None:
        return
    shown = what_is_shown(draft, rule)
    digest = shown_digest(shown)
    if digest != gate.digest:
        state = replace(gate, digest=digest, shown=shown, approvals=())
        _change(draft, gate, state, "what is asked for changed; approvals are void")
        _tell_approvers(draft, state, rule)


def _rule_of(draft: Draft, gate: GateState) -> Rule | None:
    leaving = draft.graph.rules_from.get(draft.incident.state, ())
    return next((rule for rule in leaving if rule.id == gate.rule), None)


def gate_applies(draft: Draft, rule: Rule) -> Answer:
    """Tell whether a rule's gate stands before it; the gate's own guard may be an error."""
    gate = rule.gate
    if gate is None:
        return FALSE
    if gate.is_implicit:
        return TRUE if draft.row.approval_required else FALSE
    return ask_guard(draft, gate.when)


def is_satisfied(gate: GateState | None) -> bool:
    """True for an open gate with all the approvals it needs."""
    return gate is not None and gate.is_open and len(gate.approvals) >= gate.needed


def open_gate(draft: Draft, rule: Rule, *, is_asked: bool) -> bool:
    """Open a rule's gate unless it was decided; `is_asked`: an event names or asks for the rule."""
    gate = rule.gate
    assert gate is not None, "only a rule with a gate is gated"
    known = draft.incident.gates.get(gate.name)
    if known is not None and known.status in _DECIDED and not is_asked:
        return False
    shown = what_is_shown(draft, rule)
    by_human = is_asked and draft.event is not None and draft.event.origin is Origin.HUMAN
    state = GateState(
        name=gate.name,
        rule=rule.id,
        target=rule.target,
        status=GateStatus.OPEN,
        opened_at=draft.now,
        needed=gate.approvals,
        roles=gate.roles,
        exclude=gate.exclude,
        requester=draft.actor if by_human else None,
        expires_at=None if gate.expires_ns is None else draft.now + gate.expires_ns,
        digest=shown_digest(shown),
        shown=shown,
    )
    _change(draft, known, state, f"{rule.target} needs {_approvals(state.needed)}")
    if state.expires_at is not None:
        name = clocks.GATE + gate.name
        draft.add(c.TimerSet(name=name, due=state.expires_at, reason="the gate expires"))
    _tell_approvers(draft, state, rule)
    draft.raise_event("gate.opened", f"gate {gate.name}")
    return True


def _tell_approvers(draft: Draft, gate: GateState, rule: Rule) -> None:
    tell(
        draft,
        "approval_needed",
        f"{incident_move(draft, rule)} needs {_approvals(gate.needed)} (gate {gate.name})",
        gate=gate.name,
        digest=gate.digest,
        shown=gate.shown,
    )


_DECIDED = (GateStatus.DENIED, GateStatus.EXPIRED)


def what_is_shown(draft: Draft, rule: Rule) -> dict[str, object]:
    """Return exactly what an approver is shown and bound to; plain data."""
    return {
        "rulebook": draft.incident.rulebook,
        "gate": rule.id,
        "incident": draft.incident.id,
        "severity": draft.incident.severity,
        "transition": incident_move(draft, rule),
        "actions": [action.do for action in rule.actions],
        "steps": plan(draft, rule),
    }


def incident_move(draft: Draft, rule: Rule) -> str:
    """Return the transition in words: `TRIAGE -> MITIGATING`."""
    return f"{draft.incident.state} -> {rule.target}"


def approve(draft: Draft, gate: GateState, event: Event) -> str | None:
    """Add the actor's approval to an open gate; return why not, or None."""
    if draft.actor in gate.exclude or (
        "requester" in gate.exclude and draft.actor == gate.requester
    ):
        return f"{draft.actor} asked for {gate.target} and may not approve it"
    if gate.roles:
        return f"gate {gate.name} takes approvals of {', '.join(gate.roles)} only"
    if event.digest is not None and event.digest != gate.digest:
        return "what you approved is not what the gate now asks for; look again"
    if any(known.principal == draft.actor for known in gate.approvals):
        draft.add(c.Noted(reason=f"{draft.actor} has approved gate {gate.name} already"))
        return None
    approval = Approval(draft.actor, draft.now, gate.digest, event.reason)
    reason = event.reason or f"approved by {draft.actor}"
    draft.add(c.Approved(gate=gate.name, rule=gate.rule, approval=approval, reason=reason))
    return None


def deny(draft: Draft, gate: GateState, event: Event) -> None:
    """Close an open gate by a denial; it wins over approvals it already has."""
    reason = event.reason or f"denied by {draft.actor}"
    _decide(draft, gate, GateStatus.DENIED, reason)
    tell(draft, "gate_denied", f"gate {gate.name} was denied by {draft.actor}", gate=gate.name)


def expire(draft: Draft, gate: GateState) -> None:
    """Close an open gate whose time has passed; its rule may say that this escalates."""
    reason = f"gate {gate.name} has expired undecided"
    _decide(draft, gate, GateStatus.EXPIRED, "nobody decided in time")
    tell(draft, "gate_expired", reason, gate=gate.name)
    rule = _rule_of(draft, gate)
    if rule is not None and rule.gate is not None and rule.gate.on_expiry == "escalate":
        need_attention(draft, reason, about="escalation", rule=rule.id)
    draft.raise_event("gate.expired", f"gate {gate.name}")


def satisfy(draft: Draft, gate: GateState) -> None:
    """Mark a gate as passed, in the record of the transition that it lets through."""
    _decide(draft, gate, GateStatus.SATISFIED, f"{_approvals(len(gate.approvals))} given")


def close_gates(draft: Draft, reason: str) -> None:
    """Close whatever gates are still open when their state is left."""
    for gate in tuple(draft.incident.gates.values()):
        if gate.is_open:
            _decide(draft, gate, GateStatus.CLOSED, reason)


def forget_refusals(draft: Draft) -> None:
    """After the severity rose: what was denied or has expired may open again."""
    for gate in tuple(draft.incident.gates.values()):
        if gate.status in _DECIDED:
            _decide(draft, gate, GateStatus.CLOSED, "the severity rose")


def _decide(draft: Draft, gate: GateState, status: GateStatus, reason: str) -> None:
    _change(draft, gate, replace(gate, status=status), reason)
    name = clocks.GATE + gate.name
    if name in draft.incident.timers:
        draft.add(c.TimerCancelled(name=name, reason=f"gate {status}"))


def _change(draft: Draft, before: GateState | None, after: GateState, reason: str) -> None:
    draft.add(
        c.GateChanged(
            from_=None if before is None else before.status.value,
            to=after.status.value,
            rule=after.rule,
            reason=reason,
            gate=after,
        )
    )


def _approvals(count: int) -> str:
    return "1 approval" if count == 1 else f"{count} approvals"
