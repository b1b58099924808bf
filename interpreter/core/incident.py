"""An incident: one instance of the state graph, as a value.

Rules of this file: frozen structs whose canonical bytes are an incident's head in the journal, so a
field is added with a default and never repurposed; defaults are left out of the bytes, so that a
field added later does not change what an old journal folds to. Nothing here decides. Times are
int64 nanoseconds since 1970, UTC. Two heads that fold the same records are equal byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from interlock.interpreter.core.event import Instant

DEFAULT_SEVERITY = "P3"
DEFAULT_TITLE = "Unknown Incident"
DEFAULT_SOURCE = "unknown"
"""What an incident has where its opening event says nothing; at opening only."""


class Member(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert of an incident, named by (source, fingerprint).

    `inhibits` and `inhibited_at` are the streams in which inhibitions list it, as an alert that
    suppresses others and as one that others suppress.
    """

    source: str
    fingerprint: str
    status: str
    severity: str
    title: str
    labels: Mapping[str, str] = {}
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    updated_at: Instant
    count: int = 1
    inhibits: tuple[str, ...] = ()
    inhibited_at: tuple[str, ...] = ()

    @property
    def is_firing(self) -> bool:
        """True while the alert fires."""
        return self.status == "firing"


class Approval(Struct, frozen=True, omit_defaults=True):
    """One person's word on a gate, bound to the digest of what was shown.

    `roles` are those the person held then; whether they still suffice is asked again at the commit.
    """

    principal: str
    at: Instant
    digest: str
    reason: str | None = None
    roles: tuple[str, ...] = ()


class Bypass(Struct, frozen=True, omit_defaults=True):
    """What lets a gate's transition through without its approvals, bound to the same digest.

    `by` broke the glass; None: the gate's time passed and its rulebook says that this approves.
    """

    by: str | None
    at: Instant
    digest: str
    reason: str


class Review(Struct, frozen=True, omit_defaults=True):
    """A broken glass that somebody else has still to look at, whatever becomes of the incident."""

    gate: str
    by: str
    at: Instant
    digest: str
    reason: str

    @property
    def attention(self) -> str:
        """Why the incident needs a person until this is reviewed."""
        return f"gate {self.gate}: {self.by} broke the glass and nobody has reviewed it"


class GateStatus(StrEnum):
    """Where a gate stands; only an open one takes approvals."""

    OPEN = "open"
    SATISFIED = "satisfied"
    DENIED = "denied"
    EXPIRED = "expired"
    CLOSED = "closed"


class GateState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An incident's gate: what waits for whom.

    `digest` covers what approvers are shown: rulebook, gate, severity, rendered steps and targets.
    `requester` is the principal whose event led here, None for an automatic rule; `author` who
    wrote the rulebook's change, None where nobody said who did or the gate does not ask.
    """

    name: str
    rule: str
    target: str
    status: GateStatus
    opened_at: Instant
    needed: int
    roles: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    requester: str | None = None
    author: str | None = None
    expires_at: Instant | None = None
    digest: str
    approvals: tuple[Approval, ...] = ()
    bypass: Bypass | None = None
    shown: Mapping[str, Any] = {}

    @property
    def is_open(self) -> bool:
        """True while the gate takes approvals."""
        return self.status is GateStatus.OPEN


class StepStatus(StrEnum):
    """Where a step stands. `waiting` needs a human; `pending` has an effect in the outbox.

    A `verifying` step was carried out and has yet to show that it helped; an `undone` one was
    carried out and then taken back.
    """

    PLANNED = "planned"
    WAITING = "waiting"
    PENDING = "pending"
    VERIFYING = "verifying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    OBSERVED = "observed"
    UNDONE = "undone"


class StepState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step (or single hook action) of an incident; `path` names it within its generation.

    Attributes:
        automation: The level that severity and rule gave when its run began.
        undoes: For the call that takes a step back: the path of that step.
        is_carried_out: Its hook said that it was done, and nothing has taken it back since.
        is_abandoned: Its runbook goes on no more; how it ends is recorded and moves nothing.
        verify_until: While verifying: when its `verify` is asked for the last time.
    """

    path: str
    runbook: str | None = None
    id: str
    hook: str
    status: StepStatus
    key: str | None = None
    approved: bool = False
    automation: str = "auto"
    attempts: int = 0
    result: Any = None
    detail: str | None = None
    undoes: str | None = None
    is_carried_out: bool = False
    is_abandoned: bool = False
    verify_until: Instant | None = None

    @property
    def waits_for_person(self) -> bool:
        """True while only a person can say how it goes on."""
        return self.status in (StepStatus.WAITING, StepStatus.IN_DOUBT)


class TimerStatus(StrEnum):
    """A timer waits for its deadline (`set`) or has passed it and is still of use (`due`)."""

    SET = "set"
    DUE = "due"


class TimerState(Struct, frozen=True, omit_defaults=True):
    """A durable timer of an incident; `name` is unique within it."""

    name: str
    due: Instant
    status: TimerStatus = TimerStatus.SET


class Thread(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A conversation that a channel began about one generation of an incident.

    Attributes:
        channel: The rulebook's name of the channel.
        conversation: Where it is, as the channel's service names it.
        ts: Its first message, as the service names it.
    """

    channel: str
    generation: int
    conversation: str
    ts: str


class Notice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What would have been told while the incident was muted; `channels` None: the severity's."""

    about: str
    text: str
    channels: tuple[str, ...] | None = None
    details: Mapping[str, Any] = {}


class Incident(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One instance of the state graph.

    Attributes:
        id: Unique; the sender's id, `ID~2` for a later incident of that id, or a hash.
        base_id: The id without the `~N` suffix: what events address.
        origin: The configured source through which it was opened.
        source: What the payload called its source, else `unknown`.
        group_key: Its correlation key; at most one open incident has it.
        alerts: Members by `source/fingerprint`.
        generation: 1, and one more at each reopening; part of every idempotency key.
        revision: How many records its stream holds.
        rulebook: Digest of the rulebook it runs on.
        reopen_within_ns: How long after its resolution a re-fire reopens it.
        first_at: When the first of its alerts came, where it was counted before it opened.
        reviews: Broken glass that nobody has reviewed yet; reopening does not clear it.
        sla_paused_at: Since when its SLA clock stands still; None while it runs.
        sla_paused_ns: How long it stood still before, in this generation.
        rung: SLA and escalation timers that have fired in this generation, each level with the
            severity it is of; giving back an acknowledgement lets escalation begin anew.
        told: Guard errors already told, as (rule, visit, error) keys.
        taken: Timed rules already taken during this visit of the state.
        muted: What nobody was told because of a silence or an inhibition; told at its end.
        threads: The latest conversation about it on each channel that has such.
    """

    id: str
    base_id: str
    origin: str
    title: str
    severity: str
    source: str
    state: str
    group_key: str
    metadata: Mapping[str, Any] = {}
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    metrics: Mapping[str, float] = {}
    tags: tuple[str, ...] = ()
    alerts: Mapping[str, Member] = {}
    owner: str | None = None
    assigned_engineer: str | None = None
    acknowledged_by: str | None = None
    acknowledged_at: Instant | None = None
    remediation_steps: tuple[str, ...] = ()
    created_at: Instant
    updated_at: Instant
    state_since: Instant
    opened_at: Instant
    resolved_at: Instant | None = None
    closed_at: Instant | None = None
    sla_paused_at: Instant | None = None
    sla_paused_ns: int = 0
    needs_attention: tuple[str, ...] = ()
    reviews: tuple[Review, ...] = ()
    gates: Mapping[str, GateState] = {}
    steps: Mapping[str, StepState] = {}
    timers: Mapping[str, TimerState] = {}
    rung: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    muted: tuple[Notice, ...] = ()
    threads: Mapping[str, Thread] = {}
    post_mortem: Mapping[str, Any] | None = None
    previous: str | None = None
    reopen_within_ns: int = 1_800_000_000_000
    first_at: Instant | None = None
    generation: int = 1
    revision: int
    rulebook: str

    @property
    def stream(self) -> str:
        """The journal stream of this incident."""
        return incident_stream(self.id)

    @property
    def is_open(self) -> bool:
        """True in a state that is neither resolved nor final."""
        return self.resolved_at is None and self.closed_at is None

    @property
    def waits_for_person(self) -> bool:
        """True while it needs attention, a gate is open, or a step waits or is in doubt."""
        return (
            bool(self.needs_attention)
            or any(gate.is_open for gate in self.gates.values())
            or any(step.waits_for_person for step in self.steps.values())
        )

    @property
    def has_firing_alert(self) -> bool:
        """True while any member fires."""
        return any(member.is_firing for member in self.alerts.values())


def read_thread(result: Any) -> Thread | None:
    """Return the conversation that the outcome of a message tells of, if it does."""
    try:
        return msgspec.convert(result, Thread)
    except msgspec.ValidationError:
        return None


SLA = "sla"
ESCALATION = "escalation/"


def ring(timer: str, severity: str) -> str | None:
    """Name what is told once in a generation when a timer fires; None for a timer of no clock.

    The SLA is missed once; a level of escalation is one for each severity, since each tells others.
    """
    if timer == SLA:
        return timer
    return f"{timer}@{severity}" if timer.startswith(ESCALATION) else None


def incident_stream(incident_id: str) -> str:
    """Name an incident's journal stream."""
    return f"incident/{incident_id}"


def member_key(source: str, fingerprint: str) -> str:
    """Name a member within its incident."""
    return f"{source}/{fingerprint}"
