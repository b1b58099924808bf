"""Gates: transitions that wait for people. What people say to them is in `gate_words`.

Rules of this file: guard first, then gate. Opening takes no rule. A gate's state says what is
waited for and what its approvers were shown; an approval is bound to the digest of that, and a
changed digest voids it. Whether each approver may still approve is asked again in every decision,
so also in the one that commits. Only an open gate takes words; denied or expired, it stays closed
until its target is asked for again or severity rises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core import clocks
from interlock.interpreter.core.eligibility import AUTHOR, approval_obstacle, breaking_obstacle
from interlock.interpreter.core.event import Origin
from interlock.interpreter.core.guards import FALSE, TRUE, Answer, ask_guard
from interlock.interpreter.core.incident import Bypass, GateState, GateStatus
from interlock.interpreter.core.keys import shown_digest
from interlock.interpreter.core.notify import need_attention, tell
from interlock.interpreter.core.remediation import plan

if TYPE_CHECKING:
    from interlock.interpreter.core.draft import Draft
    from interlock.interpreter.core.event import Instant
    from interlock.rulebook.graph.state_graph import Rule


def keep_current(draft: Draft) -> None:
    """Expire what is overdue, show what has changed, void the words of who may no more give them.

    Every run begins with this, whether or not a timer has fired: what a transition then commits
    with holds at the time of that very record.
    """
    for gate in tuple(draft.incident.gates.values()):
        if not gate.is_open:
            continue
        if gate.expires_at is not None and draft.now >= gate.expires_at:
            expire(draft, gate)
        check_words(draft, gate.name)


def check_words(draft: Draft, name: str) -> GateState:
    """Void what was said at a gate and does not hold any more; return the gate as it is then."""
    for check in (_show_anew, _void_lost_words):
        gate = draft.incident.gates[name]
        if gate.is_open:
            check(draft, gate)
    return draft.incident.gates[name]


def _show_anew(draft: Draft, gate: GateState) -> None:
    """Void what was said at a gate that now asks for something else than was shown."""
    rule = _rule_of(draft, gate)
    if rule is None:
        return
    shown = what_is_shown(draft, rule)
    digest = shown_digest(shown)
    if digest != gate.digest:
        state = replace(gate, digest=digest, shown=shown, approvals=(), bypass=None)
        if gate.expires_at is None:
            # Time had approved what was asked for before; what is asked for now has its own time.
            state = replace(state, expires_at=_deadline(draft, rule))
            _set_timer(draft, state)
        _change(draft, gate, state, "what is asked for changed; approvals are void")
        _tell_approvers(draft, state, rule)


def _void_lost_words(draft: Draft, gate: GateState) -> None:
    """Drop the approvals, and the broken glass, of who may not give them any more."""
    lost = {
        approval.principal: why
        for approval in gate.approvals
        if (why := approval_obstacle(gate, draft.facts, approval.principal)) is not None
    }
    for principal, why in lost.items():
        draft.add(
            c.ApprovalRevoked(gate=gate.name, rule=gate.rule, principal=principal, reason=why)
        )
    breaker = None if gate.bypass is None else gate.bypass.by
    if breaker is not None and (why_not := breaking_obstacle(draft.facts, breaker)) is not None:
        mend(draft, gate.name, why_not)


def mend(draft: Draft, name: str, reason: str) -> None:
    """Let a gate ask for its approvals again: what stood in for them counts no more."""
    gate = draft.incident.gates[name]
    _change(draft, gate, replace(gate, bypass=None), reason)


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
    """True for an open gate with all the approvals it needs, or what stands in for them."""
    if gate is None or not gate.is_open:
        return False
    return gate.bypass is not None or len(gate.approvals) >= gate.needed


def is_refused(gate: GateState | None) -> bool:
    """True for a gate that was denied or has expired: it opens again only when asked for."""
    return gate is not None and gate.status in _DECIDED


def open_gate(draft: Draft, rule: Rule, *, is_asked: bool) -> None:
    """Open a rule's gate; `is_asked`: an event names or asks for the rule."""
    gate = rule.gate
    assert gate is not None, "only a rule with a gate is gated"
    known = draft.incident.gates.get(gate.name)
    shown = what_is_shown(draft, rule)
    by_human = is_asked and draft.event is not None and draft.event.origin is Origin.HUMAN
    state = GateState(
        name=gate.name,
        rule=rule.id,
        target=rule.target,
        status=GateStatus.OPEN,
        opened_at=draft.now,
        needed=gate.approvals,
        roles=gate.roles or (() if draft.team is None else draft.team.approvers),
        exclude=gate.exclude,
        requester=draft.actor if by_human else None,
        author=draft.facts.author if AUTHOR in gate.exclude else None,
        expires_at=_deadline(draft, rule),
        digest=shown_digest(shown),
        shown=shown,
    )
    _change(draft, known, state, f"{rule.target} needs {_approvals(state.needed)}")
    _set_timer(draft, state)
    _tell_approvers(draft, state, rule)
    draft.raise_event("gate.opened", f"gate {gate.name}")


def _deadline(draft: Draft, rule: Rule) -> Instant | None:
    expires_ns = None if rule.gate is None else rule.gate.expires_ns
    return None if expires_ns is None else draft.now + expires_ns


def _set_timer(draft: Draft, gate: GateState) -> None:
    if gate.expires_at is not None:
        name = clocks.GATE + gate.name
        draft.add(c.TimerSet(name=name, due=gate.expires_at, reason="the gate expires"))


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


def expire(draft: Draft, gate: GateState) -> None:
    """Close an open gate whose time has passed, unless its rule says that this approves."""
    rule = _rule_of(draft, gate)
    outcome = "deny" if rule is None or rule.gate is None else rule.gate.on_expiry
    reason = f"gate {gate.name} has expired undecided"
    if outcome == "approve":
        _approve_by_time(draft, gate, reason)
        return
    end_gate(draft, gate, GateStatus.EXPIRED, "nobody decided in time")
    tell(draft, "gate_expired", reason, gate=gate.name)
    if outcome == "escalate":
        need_attention(draft, reason, about="escalation", rule=gate.rule)
    draft.raise_event("gate.expired", f"gate {gate.name}")


def _approve_by_time(draft: Draft, gate: GateState, reason: str) -> None:
    """Let the transition through, as the rulebook says of a gate that nobody decided in time."""
    bypass = Bypass(None, draft.now, gate.digest, "nobody decided in time; that approves")
    state = replace(gate, bypass=bypass, expires_at=None)
    _change(draft, gate, state, bypass.reason)
    _cancel_timer(draft, gate, "the gate has expired")
    tell(draft, "gate_expired", f"{reason}; that approves", gate=gate.name)
    draft.raise_event("gate.expired", f"gate {gate.name}")


def satisfy(draft: Draft, gate: GateState) -> None:
    """Mark a gate as passed, in the record of the transition that it lets through."""
    if gate.bypass is None:
        reason = f"{_approvals(len(gate.approvals))} given"
    elif gate.bypass.by is None:
        reason = gate.bypass.reason
    else:
        reason = f"{gate.bypass.by} broke the glass"
    end_gate(draft, gate, GateStatus.SATISFIED, reason)


def close_gates(draft: Draft, reason: str) -> None:
    """Close whatever gates are still open when their state is left."""
    for gate in tuple(draft.incident.gates.values()):
        if gate.is_open:
            end_gate(draft, gate, GateStatus.CLOSED, reason)


def forget_refusals(draft: Draft) -> None:
    """After the severity rose: what was denied or has expired may open again."""
    for gate in tuple(draft.incident.gates.values()):
        if gate.status in _DECIDED:
            end_gate(draft, gate, GateStatus.CLOSED, "the severity rose")


def end_gate(draft: Draft, gate: GateState, status: GateStatus, reason: str) -> None:
    """Give a gate a status that takes no more words."""
    _change(draft, gate, replace(gate, status=status), reason)
    _cancel_timer(draft, gate, f"gate {status}")


def _cancel_timer(draft: Draft, gate: GateState, reason: str) -> None:
    name = clocks.GATE + gate.name
    if name in draft.incident.timers:
        draft.add(c.TimerCancelled(name=name, reason=reason))


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
