"""What a record changes: the vocabulary that `apply` folds.

Rules of this file: each change holds all that folding it needs, already evaluated. A kind is added,
never repurposed: journals of every release fold for ever. In JSON: `{"kind", "from", "to", ...}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from interlock.interpreter.core.change_control import ControlChange
from interlock.interpreter.core.change_counting import CountingChange
from interlock.interpreter.core.change_suppression import SuppressionChange
from interlock.interpreter.core.event import Instant
from interlock.interpreter.core.incident import (
    Approval,
    GateState,
    Member,
    Review,
    StepState,
    Thread,
)


class Opened(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="opened"):
    """An incident begins; `first_at`: when the first of its alerts came, where that was before."""

    to: str
    reason: str
    id: str
    base_id: str
    origin: str
    title: str
    severity: str
    source: str
    group_key: str
    rulebook: str
    owner: str | None = None
    previous: str | None = None
    reopen_within_ns: int = 1_800_000_000_000
    first_at: Instant | None = None


class Reopened(Struct, frozen=True, kw_only=True, tag_field="kind", tag="reopened"):
    """The same incident again, in its initial state: gates, timers, keys and SLA anew."""

    from_: str = field(name="from")
    to: str
    reason: str
    generation: int


class Updated(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="updated"
):
    """Descriptive fields got new values; only those given changed."""

    title: str | None = None
    labels: Mapping[str, str] | None = None
    annotations: Mapping[str, str] | None = None
    metrics: Mapping[str, float] | None = None
    tags: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] | None = None
    owner: str | None = None


class AlertChanged(Struct, frozen=True, kw_only=True, tag_field="kind", tag="alert"):
    """A member alert joined, was repeated, or changed between firing and resolved."""

    from_: str | None = field(name="from")
    to: str
    member: Member


class SeverityChanged(Struct, frozen=True, kw_only=True, tag_field="kind", tag="severity"):
    """The severity rose (an alert) or was set (a responder)."""

    from_: str = field(name="from")
    to: str
    reason: str


class Transitioned(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="transition"
):
    """A rule was taken. `resolved` and `final` say what the new state is.

    `approvals` are those of the rule's gate, committed with the transition they allow.
    """

    from_: str = field(name="from")
    to: str
    rule: str
    reason: str
    resolved: bool = False
    final: bool = False
    approvals: tuple[Approval, ...] = ()


class GateChanged(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="gate"
):
    """A gate opened, or was satisfied, denied, expired or closed; `gate` is its whole new state."""

    from_: str | None = field(name="from", default=None)
    to: str
    rule: str
    reason: str
    gate: GateState


class Approved(Struct, frozen=True, kw_only=True, tag_field="kind", tag="approval"):
    """A principal approved an open gate."""

    gate: str
    rule: str
    approval: Approval
    reason: str


class ApprovalRevoked(Struct, frozen=True, kw_only=True, tag_field="kind", tag="approval_revoked"):
    """An approval of an open gate counts no more: taken back, or its giver may no more give it."""

    gate: str
    rule: str
    principal: str
    reason: str


class GlassBroken(Struct, frozen=True, kw_only=True, tag_field="kind", tag="glass_broken"):
    """A principal let a gate's transition through without its approvals; `review` stays open."""

    rule: str
    review: Review


class Reviewed(Struct, frozen=True, kw_only=True, tag_field="kind", tag="reviewed"):
    """Somebody else looked at a broken glass."""

    gate: str
    by: str
    reason: str


class Acknowledged(Struct, frozen=True, kw_only=True, tag_field="kind", tag="acknowledged"):
    """An engineer took it (`to`), or gave it back (`to` None): escalation stops or starts."""

    from_: str | None = field(name="from")
    to: str | None
    reason: str


class Assigned(Struct, frozen=True, kw_only=True, tag_field="kind", tag="assigned"):
    """The assigned engineer changed."""

    from_: str | None = field(name="from")
    to: str | None
    rule: str | None = None
    reason: str


class FieldSet(Struct, frozen=True, kw_only=True, tag_field="kind", tag="field"):
    """`set_field` wrote one key of `metadata`."""

    name: str
    to: Any
    rule: str
    reason: str


class TimerSet(Struct, frozen=True, kw_only=True, tag_field="kind", tag="timer_set"):
    """A durable timer was set, or moved to another deadline."""

    name: str
    due: Instant
    reason: str


class TimerCancelled(Struct, frozen=True, kw_only=True, tag_field="kind", tag="timer_cancelled"):
    """A timer is of no more use."""

    name: str
    reason: str


class TimerFired(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="timer_fired"
):
    """A timer came due; `stays`: its rule is still to be taken; `rang`: a clock told only once."""

    name: str
    due: Instant
    late_ns: int
    stays: bool = False
    rang: str | None = None


class SlaClockChanged(Struct, frozen=True, kw_only=True, tag_field="kind", tag="sla_clock"):
    """The SLA clock stands still (`paused`) in this state, or goes on (`running`)."""

    to: str
    reason: str


class StepChanged(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="step"
):
    """A runbook step or single hook action changed; `step` is its whole new state."""

    from_: str | None = field(name="from", default=None)
    to: str
    step: StepState
    rule: str | None = None
    reason: str


class EffectChanged(Struct, frozen=True, kw_only=True, tag_field="kind", tag="effect"):
    """A person let an effect go (`to` is `pending`) or gave it up (`dropped`)."""

    key: str
    path: str
    to: str
    reason: str


class PostMortemChanged(Struct, frozen=True, kw_only=True, tag_field="kind", tag="post_mortem"):
    """The post-mortem was scheduled, ticketed, or found not to be required."""

    to: str
    rule: str | None = None
    reason: str
    details: Mapping[str, Any]


class AttentionNeeded(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="attention"
):
    """Something could not be decided and a person must look; `once` names what was told."""

    reason: str
    rule: str | None = None
    once: str | None = None


class AttentionCleared(
    Struct, frozen=True, kw_only=True, tag_field="kind", tag="attention_cleared"
):
    """A person took it: the reasons are dealt with."""

    reason: str


class RuleTaken(Struct, frozen=True, kw_only=True, tag_field="kind", tag="rule_taken"):
    """A timed rule that does not leave its state was taken; not again during this visit."""

    rule: str
    reason: str


class Suppressed(Struct, frozen=True, kw_only=True, tag_field="kind", tag="suppressed"):
    """The event was a repetition or was muted: recorded and counted, otherwise without effect."""

    reason: str


class Rejected(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="rejected"
):
    """The event asked for something no rule allows, or its guard said no."""

    to: str | None = None
    rule: str | None = None
    reason: str


class Unmatched(Struct, frozen=True, kw_only=True, tag_field="kind", tag="unmatched"):
    """The event concerns no incident and opens none."""

    reason: str


class Raised(Struct, frozen=True, kw_only=True, tag_field="kind", tag="raised"):
    """The engine raised an event of its own (`gate.opened`, `runbook.succeeded`, ...)."""

    type: str
    reason: str


class Noted(Struct, frozen=True, kw_only=True, tag_field="kind", tag="note"):
    """A remark for the timeline that changes nothing."""

    reason: str


class ThreadBegun(Struct, frozen=True, kw_only=True, tag_field="kind", tag="thread_begun"):
    """A channel began a conversation about the incident; later messages belong to it."""

    thread: Thread
    reason: str


class Repinned(Struct, frozen=True, kw_only=True, tag_field="kind", tag="repinned"):
    """The incident was moved to another rulebook, and to a state of it."""

    from_: str = field(name="from")
    to: str
    state_from: str
    state_to: str
    reason: str


Change = (
    Opened
    | Reopened
    | Updated
    | AlertChanged
    | SeverityChanged
    | Transitioned
    | GateChanged
    | Approved
    | ApprovalRevoked
    | GlassBroken
    | Reviewed
    | Acknowledged
    | Assigned
    | FieldSet
    | TimerSet
    | TimerCancelled
    | TimerFired
    | SlaClockChanged
    | StepChanged
    | EffectChanged
    | PostMortemChanged
    | AttentionNeeded
    | AttentionCleared
    | RuleTaken
    | Suppressed
    | Rejected
    | Unmatched
    | Raised
    | Noted
    | ThreadBegun
    | Repinned
    | ControlChange
    | SuppressionChange
    | CountingChange
)
