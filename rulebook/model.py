"""The rulebook as written: a frozen typed tree.

Responsible for the shape of every section, nothing more: guards, durations and transitions are
still the author's text, names are not resolved and defaults of whole sections are not filled in.
Each element remembers its document node, so that `span(element, "gate", "when")` gives the place of
anything in it; paths use the keys of the YAML text. What a section means is in
`schemas/rulebook.v1.json`; a test holds the two to the same verdicts.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from interlock.rulebook.elements import (
    AutomationMode,
    Count,
    Duration,
    Element,
    EventType,
    Exclusion,
    Guard,
    GuardName,
    Id,
    StateName,
    Text,
    Transition,
    key,
    part_span,
    span,
)
from interlock.rulebook.model_auth import SourceAuth
from interlock.rulebook.model_people import (
    Channel,
    EmailChannel,
    LogChannel,
    OnCall,
    OpsgenieChannel,
    PagerDutyChannel,
    PostMortem,
    Rate,
    Rotation,
    Schedule,
    SlackChannel,
    Team,
    TeamsChannel,
    WebhookChannel,
)
from interlock.rulebook.model_properties import Property
from interlock.rulebook.model_remediation import (
    Auth,
    Hook,
    Limits,
    Retry,
    Runbook,
    RunbookStep,
    Undo,
    Verification,
)

__all__ = [
    "ActionCall", "Auth", "Channel", "Correlation", "Element", "EmailChannel", "EscalationLevel",
    "Gate", "Hook", "Inhibition", "Lifecycle", "Limits", "LogChannel", "OnCall",
    "OpsgenieChannel", "PagerDutyChannel", "PostMortem", "Property", "Rate", "Retry", "Rotation",
    "Rulebook", "Runbook", "RunbookStep", "Schedule", "SeverityRow", "Silence", "SlackChannel",
    "Source", "SourceAuth", "Team", "TeamsChannel", "Undo", "Verification", "WebhookChannel",
    "WorkflowRule", "key", "part_span", "span",
]  # fmt: skip


SourceType = Literal[
    "alertmanager", "azure", "checkly", "checkmk", "cloudevents", "cloudwatch",
    "datadog", "elastic", "gcp", "grafana", "icinga", "json",
    "kubernetes", "nagios", "newrelic", "opsgenie", "otlp", "pagerduty",
    "pagerduty-events", "pingdom", "sentry", "splunk", "uptimerobot", "zabbix",
]  # fmt: skip
LinkName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*_url$")]

AlertField = Literal[
    "id", "type", "status", "severity", "title", "labels", "annotations", "metrics", "tags",
    "metadata", "fingerprint", "starts_at", "ends_at", "source",
]  # fmt: skip


class Lifecycle(Element, frozen=True):
    """`lifecycle:`; with `extend` the default's states and these, else these alone."""

    extend: Literal["default"] | None = None
    initial: StateName | None = None
    states: Annotated[tuple[StateName, ...], Meta(min_length=1, max_length=100)] | None = None
    resolved: tuple[StateName, ...] | None = None
    final: tuple[StateName, ...] | None = None
    sla_paused: tuple[StateName, ...] | None = None

    def __post_init__(self) -> None:
        if self.extend is None and (self.initial is None or self.states is None):
            raise ValueError("`initial` and `states`, or `extend: default`")


class EscalationLevel(Element, frozen=True):
    """An entry of a severity row's `escalation:`."""

    after: Duration
    notify: Annotated[tuple[Id, ...], Meta(min_length=1)]


class SeverityRow(Element, frozen=True):
    """A row of `severity_matrix:`."""

    description: Text | None = None
    sla_minutes: Annotated[int, Meta(ge=1, le=525_600)] | None = None
    auto_remediation: bool | None = None
    approval_required: bool = False
    notification_channels: tuple[Id, ...] = ()
    escalation: tuple[EscalationLevel, ...] = ()
    post_mortem: bool | None = None


class Source(Element, frozen=True):
    """An entry of `sources:`."""

    type: SourceType
    description: Text | None = None
    auth: Literal["none"] | SourceAuth | None = None
    severity: dict[str, StateName] = field(default_factory=dict)
    map: dict[AlertField, Guard] = field(default_factory=dict)
    labels: dict[str, Guard] = field(default_factory=dict)
    links: dict[LinkName, Guard] = field(default_factory=dict)
    members: Guard | None = None


class Correlation(Element, frozen=True):
    """An entry of `correlation:`."""

    match: Guard | None = None
    group_by: tuple[Guard, ...] = ()
    window: Duration | None = None
    threshold: Count | dict[StateName, Count] | None = None
    reopen_within: Duration | None = None


class Silence(Element, frozen=True):
    """An entry of `silences:`."""

    match: Guard
    schedule: Schedule | None = None
    start: Text | None = field(name="from", default=None)
    until: Text | None = None
    reason: Text | None = None


class Inhibition(Element, frozen=True):
    """An entry of `inhibitions:`."""

    source: Guard
    target: Guard
    equal: tuple[Text, ...] = ()


class Gate(Element, frozen=True):
    """A workflow rule's `gate:`."""

    when: Guard | None = None
    approvals: Annotated[int, Meta(ge=1, le=20)] = 1
    roles: Annotated[tuple[Id, ...], Meta(min_length=1)] | None = field(name="from", default=None)
    exclude: tuple[Exclusion, ...] = ()
    expires: Duration | None = None
    on_expiry: Literal["deny", "escalate", "approve"] = "deny"


class ActionCall(Element, frozen=True):
    """`{do, with}`: an action with arguments."""

    do: Id
    arguments: dict[str, Any] = field(name="with", default_factory=dict)


class WorkflowRule(Element, frozen=True):
    """An entry of `workflow_rules:`."""

    transition: Transition
    id: Id | None = None
    description: Text | None = None
    trigger: EventType | Annotated[tuple[EventType, ...], Meta(min_length=1)] | None = None
    after: Duration | None = None
    validator: Guard | None = None
    gate: Gate | None = None
    action: Id | ActionCall | tuple[Id | ActionCall, ...] | None = None
    automation: AutomationMode | None = None


class Rulebook(Element, frozen=True):
    """One rulebook file; a section that is not written is None."""

    version: Literal[1] = 1
    name: Id | None = None
    description: Text | None = None
    scope: Guard | None = None
    lifecycle: Lifecycle | None = None
    events: dict[EventType, StateName | tuple[EventType, ...]] | None = None
    severity_matrix: dict[StateName, SeverityRow] | None = None
    sources: dict[Id, Source] | None = None
    correlation: tuple[Correlation, ...] | None = None
    silences: tuple[Silence, ...] | None = None
    inhibitions: tuple[Inhibition, ...] | None = None
    teams: dict[Id, Team] | None = None
    owner: Guard | None = None
    guards: dict[GuardName, Guard] | None = None
    overlap: Literal["first", "error"] = "first"
    automation: AutomationMode | None = None
    workflow_rules: tuple[WorkflowRule, ...] | None = None
    runbooks: dict[Id, Runbook] | None = None
    remediation_hooks: tuple[Hook, ...] | None = None
    notification_channels: dict[Id, Channel] | None = None
    default_channel: Id | None = None
    on_call: OnCall | None = None
    post_mortem: PostMortem | None = None
    properties: tuple[Property, ...] | None = None

    def __post_init__(self) -> None:
        for name, state in (self.events or {}).items():
            if (name == "opens") != isinstance(state, tuple):
                raise ValueError("`opens` takes a list of types, every other type one state")
