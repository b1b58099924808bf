"""Who is told and who is on call, as written.

Responsible for the shape of channels, teams, on-call rotations, schedules and post-mortems. Never
resolves a name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from interlock.rulebook.elements import (
    Address,
    AutomationMode,
    Count,
    Duration,
    Element,
    FileName,
    Guard,
    HeaderName,
    HourRange,
    HttpUrl,
    Id,
    Secret,
    SecretOrUrl,
    Text,
    Turn,
)
from interlock.rulebook.model_remediation import Auth  # noqa: TC001 - msgspec reads annotations


class Rate(Element, frozen=True):
    """`rate:` of a channel: at most so many messages in a time; the rest comes in a digest."""

    max: Count
    per: Duration


class PagerDutyChannel(Element, frozen=True, tag="pagerduty"):
    """`type: pagerduty`: Events API v2."""

    routing_key: Secret
    description: Text | None = None
    url: HttpUrl | None = None
    rate: Rate | None = None


class OpsgenieChannel(Element, frozen=True, tag="opsgenie"):
    """`type: opsgenie`: Alert API."""

    api_key: Secret
    description: Text | None = None
    url: HttpUrl | None = None
    rate: Rate | None = None


class TeamsChannel(Element, frozen=True, tag="teams"):
    """`type: teams`: the URL of a workflow or incoming webhook."""

    webhook: Secret
    description: Text | None = None
    rate: Rate | None = None


class SlackChannel(Element, frozen=True, tag="slack"):
    """`type: slack`: a bot token and a channel, or an incoming webhook."""

    description: Text | None = None
    token: Secret | None = None
    channel: Text | None = None
    webhook: Secret | None = None
    url: HttpUrl | None = None
    signing_secret: Secret | None = None
    rate: Rate | None = None

    def __post_init__(self) -> None:
        if self.webhook is None and (self.token is None or self.channel is None):
            raise ValueError("`token` and `channel`, or `webhook`")


class EmailChannel(Element, frozen=True, tag="email"):
    """`type: email`: SMTP."""

    to: Annotated[tuple[Address, ...], Meta(min_length=1)]
    description: Text | None = None
    sender: Address | None = field(name="from", default=None)
    server: Text | None = None
    username: Text | None = None
    password: Secret | None = None
    tls: Literal["starttls", "implicit", "none"] | None = None
    rate: Rate | None = None


class WebhookChannel(Element, frozen=True, tag="webhook"):
    """`type: webhook`: a POST of JSON."""

    url: SecretOrUrl
    description: Text | None = None
    headers: dict[HeaderName, str] = field(default_factory=dict)
    auth: Auth | None = None
    signing_keys: tuple[Secret, ...] = ()
    rate: Rate | None = None


class LogChannel(Element, frozen=True, tag="log"):
    """`type: log`: the daemon's own log."""

    description: Text | None = None


Channel = (
    PagerDutyChannel
    | OpsgenieChannel
    | SlackChannel
    | TeamsChannel
    | EmailChannel
    | WebhookChannel
    | LogChannel
)


class Schedule(Element, frozen=True):
    """Recurring hours: which days, from when to when, in which time zone."""

    timezone: Text
    days: Text | None = None
    hours: HourRange | None = None


class Rotation(Element, frozen=True):
    """An entry of `on_call.schedules:`."""

    people: Annotated[tuple[Text, ...], Meta(min_length=1)]
    description: Text | None = None
    timezone: Text = "UTC"
    rotation: Turn = "weekly"
    start: Text | None = None


class OnCall(Element, frozen=True):
    """`on_call:`; `default` names the schedule that `assign_on_call` reads."""

    schedules: Annotated[dict[Id, Rotation], Meta(min_length=1)]
    default: Id | None = None


class Team(Element, frozen=True):
    """An entry of `teams:`."""

    description: Text | None = None
    on_call: Id | None = None
    channels: dict[Id, Id] = field(default_factory=dict)
    approvers: tuple[Id, ...] = ()
    automation: AutomationMode | None = None


class PostMortem(Element, frozen=True):
    """`post_mortem:`."""

    due: Duration | None = None
    review_meeting: Duration | None = None
    owner: Guard | None = None
    template: FileName | None = None
    target: Id | None = None
