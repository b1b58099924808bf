"""Folding records into an incident.

State is a pure fold of the journal: the same records give the same bytes, now and in every later
version. Nothing here evaluates a guard, a template or a schedule, reads a rulebook, or judges
whether a change was right; that was `decide`'s, and it is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from interlock.interpreter.core import change as c
from interlock.interpreter.core import change_suppression as cs
from interlock.interpreter.core.incident import (
    ESCALATION,
    Bypass,
    Incident,
    TimerState,
    TimerStatus,
    member_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interlock.interpreter.core.event import Instant
    from interlock.interpreter.core.record import Record


ATTENTION_MAX = 20
"""Reasons for attention that an incident holds at a time; all of them stand in its timeline."""

MUTED_MAX = 50
"""Notices that a muted incident keeps to tell later; all of them stand in its timeline."""


class BrokenStreamError(Exception):
    """A stream that does not begin with an opening, or goes on after a gap: never interpreted."""


def apply(incident: Incident | None, record: Record) -> Incident:
    """Return the incident after a record of its stream; None before its first.

    Raises:
        BrokenStreamError: the record does not follow the incident's revision.
    """
    expected = 1 if incident is None else incident.revision + 1
    if record.revision != expected:
        raise BrokenStreamError(f"{record.stream}: {record.revision} where {expected} must stand")
    for change in record.changes:
        incident = apply_change(incident, change, record.at)
    if incident is None:
        raise BrokenStreamError(f"{record.stream} does not begin with an opening")
    return replace(incident, revision=record.revision, updated_at=record.at)


def apply_change(incident: Incident | None, change: c.Change, at: Instant) -> Incident:
    """Fold one change; only an `Opened` may stand where there is no incident yet."""
    if incident is None:
        if not isinstance(change, c.Opened):
            raise BrokenStreamError(f"{type(change).__name__} before an opening")
        return _opened(change, at)
    fold = _FOLDS.get(type(change))
    return incident if fold is None else fold(incident, change, at)


def _opened(change: c.Opened, at: Instant) -> Incident:
    return Incident(
        id=change.id,
        base_id=change.base_id,
        origin=change.origin,
        title=change.title,
        severity=change.severity,
        source=change.source,
        state=change.to,
        group_key=change.group_key,
        owner=change.owner,
        previous=change.previous,
        reopen_within_ns=change.reopen_within_ns,
        first_at=change.first_at,
        created_at=at,
        updated_at=at,
        state_since=at,
        opened_at=at,
        revision=0,
        rulebook=change.rulebook,
    )


def _reopened(incident: Incident, change: c.Reopened, at: Instant) -> Incident:
    return replace(
        incident,
        state=change.to,
        state_since=at,
        opened_at=at,
        generation=change.generation,
        resolved_at=None,
        closed_at=None,
        acknowledged_by=None,
        acknowledged_at=None,
        sla_paused_at=None,
        sla_paused_ns=0,
        remediation_steps=(),
        gates={},
        steps={},
        timers={},
        rung=(),
        told=(),
        taken=(),
        muted=(),
    )


def _updated(incident: Incident, change: c.Updated, _at: Instant) -> Incident:
    names = ("title", "labels", "annotations", "metrics", "tags", "metadata", "owner")
    given = {name: value for name in names if (value := getattr(change, name)) is not None}
    return replace(incident, **given)


def _alert(incident: Incident, change: c.AlertChanged, _at: Instant) -> Incident:
    member = change.member
    key = member_key(member.source, member.fingerprint)
    return replace(incident, alerts={**incident.alerts, key: member})


def _severity(incident: Incident, change: c.SeverityChanged, _at: Instant) -> Incident:
    return replace(incident, severity=change.to)


def _transition(incident: Incident, change: c.Transitioned, at: Instant) -> Incident:
    if change.from_ == change.to:
        return incident
    is_over = change.resolved or change.final
    return replace(
        incident,
        state=change.to,
        state_since=at,
        resolved_at=(incident.resolved_at or (at if change.resolved else None))
        if is_over
        else None,
        closed_at=at if change.final else None,
        told=(),
        taken=(),
    )


def _gate(incident: Incident, change: c.GateChanged, _at: Instant) -> Incident:
    return replace(incident, gates={**incident.gates, change.gate.name: change.gate})


def _approval(incident: Incident, change: c.Approved, _at: Instant) -> Incident:
    gate = incident.gates[change.gate]
    gate = replace(gate, approvals=(*gate.approvals, change.approval))
    return replace(incident, gates={**incident.gates, gate.name: gate})


def _approval_revoked(incident: Incident, change: c.ApprovalRevoked, _at: Instant) -> Incident:
    gate = incident.gates[change.gate]
    left = tuple(one for one in gate.approvals if one.principal != change.principal)
    gate = replace(gate, approvals=left)
    return replace(incident, gates={**incident.gates, gate.name: gate})


def _glass_broken(incident: Incident, change: c.GlassBroken, at: Instant) -> Incident:
    review = change.review
    gate = incident.gates[review.gate]
    gate = replace(gate, bypass=Bypass(review.by, at, review.digest, review.reason))
    return replace(
        incident,
        gates={**incident.gates, gate.name: gate},
        reviews=(*incident.reviews, review),
        needs_attention=_with_reason(incident, review.attention),
    )


def _reviewed(incident: Incident, change: c.Reviewed, _at: Instant) -> Incident:
    done = {r.attention for r in incident.reviews if r.gate == change.gate}
    return replace(
        incident,
        reviews=tuple(r for r in incident.reviews if r.gate != change.gate),
        needs_attention=tuple(why for why in incident.needs_attention if why not in done),
    )


def _acknowledged(incident: Incident, change: c.Acknowledged, at: Instant) -> Incident:
    rung = incident.rung
    if change.to is None:
        rung = tuple(name for name in rung if not name.startswith(ESCALATION))
    return replace(
        incident,
        rung=rung,
        acknowledged_by=change.to,
        acknowledged_at=None if change.to is None else at,
    )


def _assigned(incident: Incident, change: c.Assigned, _at: Instant) -> Incident:
    return replace(incident, assigned_engineer=change.to)


def _field(incident: Incident, change: c.FieldSet, _at: Instant) -> Incident:
    return replace(incident, metadata={**incident.metadata, change.name: change.to})


def _timer_set(incident: Incident, change: c.TimerSet, _at: Instant) -> Incident:
    timer = TimerState(change.name, change.due)
    return replace(incident, timers={**incident.timers, change.name: timer})


def _timer_cancelled(incident: Incident, change: c.TimerCancelled, _at: Instant) -> Incident:
    return replace(incident, timers=_without(incident.timers, change.name))


def _timer_fired(incident: Incident, change: c.TimerFired, _at: Instant) -> Incident:
    if not change.stays:
        rung = incident.rung if change.rang is None else (*incident.rung, change.rang)
        return replace(incident, timers=_without(incident.timers, change.name), rung=rung)
    timer = TimerState(change.name, change.due, TimerStatus.DUE)
    return replace(incident, timers={**incident.timers, change.name: timer})


def _sla_clock(incident: Incident, change: c.SlaClockChanged, at: Instant) -> Incident:
    if change.to == "paused":
        return replace(incident, sla_paused_at=at)
    since = at if incident.sla_paused_at is None else incident.sla_paused_at
    return replace(
        incident, sla_paused_at=None, sla_paused_ns=incident.sla_paused_ns + max(at - since, 0)
    )


def _step(incident: Incident, change: c.StepChanged, _at: Instant) -> Incident:
    step = change.step
    planned = incident.remediation_steps
    if step.path not in planned and step.undoes is None:
        planned = (*planned, step.path)
    return replace(incident, steps={**incident.steps, step.path: step}, remediation_steps=planned)


def _post_mortem(incident: Incident, change: c.PostMortemChanged, _at: Instant) -> Incident:
    known = incident.post_mortem or {}
    return replace(incident, post_mortem={**known, **change.details, "status": change.to})


def _attention(incident: Incident, change: c.AttentionNeeded, _at: Instant) -> Incident:
    reasons = _with_reason(incident, change.reason)
    told = incident.told if change.once is None else (*incident.told, change.once)
    return replace(incident, needs_attention=reasons, told=told)


def _thread_begun(incident: Incident, change: c.ThreadBegun, _at: Instant) -> Incident:
    known = incident.threads.get(change.thread.channel)
    if known is not None and known.generation >= change.thread.generation:
        return incident
    return replace(incident, threads={**incident.threads, change.thread.channel: change.thread})


def _with_reason(incident: Incident, reason: str) -> tuple[str, ...]:
    """Return the reasons for attention with one more; those of a review are never crowded out."""
    reasons = incident.needs_attention
    if reason in reasons:
        return reasons
    kept = {review.attention for review in incident.reviews} | {reason}
    others = [why for why in reasons if why not in kept]
    dropped = set(others[: max(len(reasons) + 1 - ATTENTION_MAX, 0)])
    return (*(why for why in reasons if why not in dropped), reason)


def _attention_cleared(incident: Incident, _change: c.AttentionCleared, _at: Instant) -> Incident:
    return replace(incident, needs_attention=tuple(r.attention for r in incident.reviews))


def _rule_taken(incident: Incident, change: c.RuleTaken, _at: Instant) -> Incident:
    return replace(incident, taken=(*incident.taken, change.rule))


def _repinned(incident: Incident, change: c.Repinned, at: Instant) -> Incident:
    if change.state_to == change.state_from:
        return replace(incident, rulebook=change.to)
    return replace(
        incident,
        rulebook=change.to,
        state=change.state_to,
        state_since=at,
        told=(),
        taken=(),
    )


def _muted(incident: Incident, change: cs.Muted, _at: Instant) -> Incident:
    known = [notice for notice in incident.muted if notice != change.notice]
    return replace(incident, muted=(*known, change.notice)[-MUTED_MAX:])


def _unmuted(incident: Incident, _change: cs.Unmuted, _at: Instant) -> Incident:
    return replace(incident, muted=())


def _without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


# Kinds that are not listed (`raised`, `note`, `rejected`, ...) tell and change nothing.
_FOLDS: dict[type, Callable[[Incident, Any, Instant], Incident]] = {
    c.Reopened: _reopened,
    c.Updated: _updated,
    c.AlertChanged: _alert,
    c.SeverityChanged: _severity,
    c.Transitioned: _transition,
    c.GateChanged: _gate,
    c.Approved: _approval,
    c.ApprovalRevoked: _approval_revoked,
    c.GlassBroken: _glass_broken,
    c.Reviewed: _reviewed,
    c.Acknowledged: _acknowledged,
    c.Assigned: _assigned,
    c.FieldSet: _field,
    c.TimerSet: _timer_set,
    c.TimerCancelled: _timer_cancelled,
    c.TimerFired: _timer_fired,
    c.SlaClockChanged: _sla_clock,
    c.StepChanged: _step,
    c.PostMortemChanged: _post_mortem,
    c.AttentionNeeded: _attention,
    c.AttentionCleared: _attention_cleared,
    c.RuleTaken: _rule_taken,
    c.Repinned: _repinned,
    c.ThreadBegun: _thread_begun,
    cs.Muted: _muted,
    cs.Unmuted: _unmuted,
}
