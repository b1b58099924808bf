"""What arrives: events, timers that came due, and outcomes of effects.

Rules of this file: values only. An input is recorded as it is here, before anything is made of it;
the raw payload lies beside the journal and is named by its hash. Times are int64 nanoseconds
since 1970, UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

Instant = int

RESERVED_TYPES = frozenset(
    {
        "runbook.succeeded",
        "runbook.failed",
        "runbook.undone",
        "gate.opened",
        "gate.expired",
        "sla.breached",
        "silence.ended",
        "incident.repin",
    }
)
"""Types that no sender and no signal may bear: what the engine raises, and what has its command."""


class Origin(StrEnum):
    """Who speaks: a monitoring tool, a person, or the engine itself."""

    ALERT = "alert"
    HUMAN = "human"
    ENGINE = "engine"


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A normalised event: the unit of decision.

    Attributes:
        type: Such as `alert.triggered`, `engineer.ack`, `gate.approved`.
        origin: Whether an alert, a person or the engine sent it.
        source: The configured source it came through; `ingest` for a bare `POST /ingest`.
        id: The sender's incident id (`payload.id`).
        fingerprint: Names the alert within its source.
        severity: A severity of ours, after mapping the sender's word.
        status: `firing` or `resolved` for an alert, else None.
        starts_at: Start of the alert's episode; without it nothing is deduplicated.
        reported_by: What the payload calls its source (`payload.source`).
        gate: For `gate.approved` and `gate.denied`: the gate's name.
        digest: The digest of what the approver was shown.
        data: What else a human signal carries (`assignee`, `severity`, `note`, ...).
        raw: SHA-256 (hex) of the raw payload.
        index: Place within its delivery, from 0.
        remarks: What normalising had to say, such as an unknown severity word.
    """

    type: str
    origin: Origin
    source: str = "ingest"
    id: str | None = None
    fingerprint: str | None = None
    severity: str | None = None
    status: str | None = None
    title: str | None = None
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    metrics: Mapping[str, float] = {}
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = {}
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    reported_by: str | None = None
    gate: str | None = None
    digest: str | None = None
    reason: str | None = None
    data: Mapping[str, Any] = {}
    raw: str | None = None
    index: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def is_firing(self) -> bool:
        """True for an alert that says it fires."""
        return self.origin is Origin.ALERT and self.status == "firing"

    @property
    def is_resolved_alert(self) -> bool:
        """True for an alert that says it fires no more."""
        return self.origin is Origin.ALERT and self.status == "resolved"


class EventInput(Struct, frozen=True, tag_field="kind", tag="event"):
    """An event arrived."""

    event: Event


class TimerInput(Struct, frozen=True, tag_field="kind", tag="timer"):
    """A timer of an incident came due; `due` is its recorded deadline, not the time it fired."""

    name: str
    due: Instant


class OutcomeStatus(StrEnum):
    """How an attempt at an effect ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


class OutcomeInput(Struct, frozen=True, kw_only=True, tag_field="kind", tag="outcome"):
    """An effect ended: answered, failed, or cut off between sent and answered.

    `result` is the answer's JSON body (or None); `detail` says in words what happened.
    """

    key: str
    path: str
    status: OutcomeStatus
    attempts: int = 1
    result: Any = None
    detail: str | None = None


class HeldInput(Struct, frozen=True, kw_only=True, tag_field="kind", tag="effect_held"):
    """An effect is over a limit (`reason`) and is not carried out unless a person says so."""

    key: str
    path: str
    reason: str


class EffectVerb(StrEnum):
    """What a person may say to one effect."""

    RETRY = "retry"
    DROP = "drop"


class EffectInput(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="effect_command"
):
    """A person retries an effect (same key, same bytes) or drops it; `by` is what they claim."""

    key: str
    path: str
    verb: EffectVerb
    is_hook: bool = False
    reason: str
    by: str | None = None


Input = EventInput | TimerInput | OutcomeInput | HeldInput | EffectInput


class Suppressor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What keeps an alert from opening an incident, or an incident from telling anybody.

    Attributes:
        name: `silence 2` (of the rulebook), `silence s-1f2e` (an operator's) or `inhibition 1`.
        reason: Why there is such a silence; of an inhibition, which alert fires.
        until: When it ends, where that is known.
        stream: Where what it suppresses is listed, so that it is found when it ends early.
    """

    name: str
    reason: str | None = None
    until: Instant | None = None
    stream: str | None = None


class CountedAlert(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An alert that counts towards a threshold, from its arrival `at` until `due`.

    Attributes:
        threshold: How many an alert of its severity asks for.
        inhibits: Where it is listed once it suppresses others, and by which rule.
        inhibited_at: Where those are listed that would suppress it.
    """

    event: Event
    at: Instant
    due: Instant
    threshold: int
    inhibits: Mapping[str, str] = {}
    inhibited_at: tuple[str, ...] = ()


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the shell read for a decision; recorded with it, so that a replay reads the same.

    Attributes:
        automation: The daemon's effective level when the decision was made.
        on_call: Who holds each schedule's pager at the decision's time.
        group_key: The correlation key the event was admitted under.
        group_taken_by: Another open incident of the same key: this one, which is over, stays so.
        reopen_within_ns: The reopening window of that key.
        base_id: The id without `~N`, where it differs from `free_id`.
        free_id: The id an incident opened by this input gets.
        previous: The incident that this one follows (`ID~2` after `ID`).
        post_mortem: The `document`, `calendar` and `sla` of the ticket that is now made.
        epoch: How often the journal was restored from a backup; part of every idempotency key.
        roles: The roles that the speaker and every approver of an open gate hold now, by principal;
            who is not named is nobody. None: authentication is off, and everyone is anonymous.
        author: Who wrote the change that made the incident's rulebook, as the operator said.
        suppressed_by: The silence or inhibition in force that the alert falls under.
        muted_by: The one that keeps the incident, or this alert of it, from telling anybody.
        suppression_errors: Guards of silences and inhibitions that were errors about the alert.
        inhibits: Where the alert is listed while it suppresses others, and by which rule.
        inhibited_at: Where those are listed that would suppress it.
        counted: The alerts that counted before this one and are in its incident from the start.
        count: How many of how many that made, where there is a threshold.
        routed_again: Why an alert that was suppressed is decided on once more.
    """

    automation: str = "auto"
    on_call: Mapping[str, str] = {}
    group_key: str | None = None
    group_taken_by: str | None = None
    reopen_within_ns: int = 1_800_000_000_000
    base_id: str | None = None
    free_id: str | None = None
    previous: str | None = None
    post_mortem: Mapping[str, str] = {}
    epoch: int = 0
    roles: Mapping[str, tuple[str, ...]] | None = None
    author: str | None = None
    suppressed_by: Suppressor | None = None
    muted_by: Suppressor | None = None
    suppression_errors: tuple[str, ...] = ()
    inhibits: Mapping[str, str] = {}
    inhibited_at: tuple[str, ...] = ()
    counted: tuple[CountedAlert, ...] = ()
    count: str | None = None
    routed_again: str | None = None
