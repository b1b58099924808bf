"""What people say to gates: approve, deny, take back, break the glass, override, review.

Rules of this file: a word counts only from who may give it and only for what is now asked for. One
principal is one person, however often and by whatever way they speak. A broken glass is told to
everyone and stays open until somebody else has reviewed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.interpreter.core import change as c
from interlock.interpreter.core.eligibility import approval_obstacle, breaking_obstacle, roles_of
from interlock.interpreter.core.gates import end_gate, mend
from interlock.interpreter.core.incident import Approval, GateState, GateStatus, Review
from interlock.interpreter.core.notify import everyone, tell

if TYPE_CHECKING:
    from interlock.interpreter.core.draft import Draft
    from interlock.interpreter.core.event import Event


def approve(draft: Draft, gate: GateState, event: Event) -> str | None:
    """Add the actor's approval to an open gate; return why not, or None."""
    obstacle = approval_obstacle(gate, draft.facts, draft.actor) or _stale(gate, event)
    if obstacle is not None:
        return obstacle
    if any(known.principal == draft.actor for known in gate.approvals):
        draft.add(c.Noted(reason=f"{draft.actor} has approved gate {gate.name} already"))
        return None
    roles = roles_of(draft.facts, draft.actor)
    approval = Approval(draft.actor, draft.now, gate.digest, event.reason, roles)
    reason = event.reason or f"approved by {draft.actor}"
    draft.add(c.Approved(gate=gate.name, rule=gate.rule, approval=approval, reason=reason))
    return None


def _stale(gate: GateState, event: Event) -> str | None:
    if event.digest is None or event.digest == gate.digest:
        return None
    return "what you approved is not what the gate now asks for; look again"


def revoke(draft: Draft, gate: GateState, event: Event) -> str | None:
    """Take the actor's own word back from an open gate; return why not, or None."""
    has_broken = gate.bypass is not None and gate.bypass.by == draft.actor
    has_approved = any(known.principal == draft.actor for known in gate.approvals)
    reason = event.reason or f"revoked by {draft.actor}"
    if has_approved:
        draft.add(
            c.ApprovalRevoked(gate=gate.name, rule=gate.rule, principal=draft.actor, reason=reason)
        )
    if has_broken:
        mend(draft, gate.name, reason)
    if not (has_approved or has_broken):
        return f"{draft.actor} has not approved gate {gate.name}"
    return None


def break_glass(draft: Draft, gate: GateState, event: Event) -> str | None:
    """Let a transition through without its approvals, loudly; return why not, or None.

    A gate whose last broken glass nobody has reviewed is not broken again, so that this ends.
    """
    if not event.reason:
        return "the glass is broken with a `reason`"
    obstacle = breaking_obstacle(draft.facts, draft.actor) or _stale(gate, event)
    if obstacle is not None:
        return obstacle
    if any(review.gate == gate.name for review in draft.incident.reviews):
        return f"gate {gate.name} was broken already and waits for its review (`gate.reviewed`)"
    review = Review(gate.name, draft.actor, draft.now, gate.digest, event.reason)
    draft.add(c.GlassBroken(rule=gate.rule, review=review))
    text = f"{draft.actor} broke the glass of gate {gate.name}: {event.reason}"
    tell(draft, "break_glass", text, channels=everyone(draft), gate=gate.name, shown=gate.shown)
    return None


def override(draft: Draft, gate: GateState, event: Event) -> str | None:
    """Ask again at a gate that was denied or has expired; return why not, or None.

    It overrides the decision and approves nothing: the gate opens anew, for as many approvals, and
    who overrode it counts as the requester.
    """
    if gate.status not in (GateStatus.DENIED, GateStatus.EXPIRED):
        return f"gate {gate.name} is {gate.status}: only a denied or expired one is overridden"
    if not event.reason:
        return "a decision is overridden with a `reason`"
    obstacle = approval_obstacle(gate, draft.facts, draft.actor)
    if obstacle is not None:
        return obstacle
    draft.add(c.Noted(reason=f"{draft.actor} overrides gate {gate.name}: {event.reason}"))
    text = f"{draft.actor} overrides the {gate.status} gate {gate.name}: {event.reason}"
    tell(draft, "gate_overridden", text, gate=gate.name)
    return None


def review(draft: Draft, event: Event) -> str | None:
    """Close the review of a broken glass; return why not, or None."""
    waiting = [one for one in draft.incident.reviews if event.gate in (None, one.gate)]
    if len(waiting) != 1:
        names = ", ".join(one.gate for one in waiting)
        return f"several wait, name one: {names}" if waiting else "no broken glass waits for review"
    (one,) = waiting
    if draft.actor == one.by:
        return f"{one.by} broke the glass; somebody else reviews it"
    if not event.reason:
        return "a review is closed with a `reason`: what was found"
    draft.add(c.Reviewed(gate=one.gate, by=draft.actor, reason=event.reason))
    return None


def deny(draft: Draft, gate: GateState, event: Event) -> str | None:
    """Close an open gate by a denial, which nothing stands against; it wins over approvals."""
    reason = event.reason or f"denied by {draft.actor}"
    end_gate(draft, gate, GateStatus.DENIED, reason)
    tell(draft, "gate_denied", f"gate {gate.name} was denied by {draft.actor}", gate=gate.name)
    return None
