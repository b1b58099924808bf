"""Hooks, runbooks and how targets are authenticated, as written.

Responsible for the shape of `remediation_hooks:` and `runbooks:`. Never resolves a name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from interlock.rulebook.elements import (
    AutomationMode,
    BodyField,
    Count,
    Duration,
    Element,
    Guard,
    HeaderName,
    HttpUrl,
    Id,
    QueryUrl,
    Secret,
    Text,
)

AUTH_SCHEMES = frozenset(
    map(
        frozenset,
        (("bearer",), ("username", "password"), ("header", "value"), ("hmac",), ("hmac", "header")),
    )
)


class Auth(Element, frozen=True):
    """How a sender or a target is authenticated: exactly one scheme."""

    bearer: Secret | None = None
    username: Text | None = None
    password: Secret | None = None
    header: Text | None = None
    value: Secret | None = None
    hmac: Secret | None = None

    def __post_init__(self) -> None:
        written = frozenset(
            name
            for name in ("bearer", "username", "password", "header", "value", "hmac")
            if getattr(self, name) is not None
        )
        if written not in AUTH_SCHEMES:
            raise ValueError("exactly one authentication scheme")


class Retry(Element, frozen=True):
    """A step's `retry:`; `attempts` counts the first."""

    attempts: Annotated[int, Meta(ge=1, le=100)] = 1
    initial: Duration | None = None
    factor: Annotated[float, Meta(ge=1, le=100)] = 2.0
    max: Duration | None = None


class Undo(Element, frozen=True):
    """A step's `undo:`."""

    hook: Id
    arguments: dict[str, Any] = field(name="with", default_factory=dict)


class Verification(Element, frozen=True):
    """A step's `verify:` that has times."""

    guard: Guard
    after: Duration | None = None
    within: Duration | None = None
    every: Duration | None = None


class RunbookStep(Element, frozen=True):
    """A step that calls a hook, or (with `parallel`) steps that run side by side."""

    id: Id | None = None
    hook: Id | None = None
    arguments: dict[str, Any] = field(name="with", default_factory=dict)
    when: Guard | None = None
    timeout: Duration | None = None
    retry: Retry | None = None
    undo: Undo | None = None
    on_failure: Literal["stop", "continue", "escalate", "undo"] = "stop"
    verify: Guard | Verification | None = None
    parallel: Annotated[tuple[RunbookStep, ...], Meta(min_length=2)] | None = None

    def __post_init__(self) -> None:
        if (self.hook is None) == (self.parallel is None):
            raise ValueError("either `hook` or `parallel`")


class Runbook(Element, frozen=True):
    """An entry of `runbooks:`."""

    steps: Annotated[tuple[RunbookStep, ...], Meta(min_length=1)]
    description: Text | None = None
    match: Guard | None = None


class Limits(Element, frozen=True):
    """A hook's blast radius."""

    max: Count = 10
    per: Duration | None = None
    by: Text | None = None
    concurrent: Count = 1
    over: Literal["ask", "wait"] = "ask"


class DoubtQuery(Element, frozen=True):
    """How a target is asked what became of a call."""

    endpoint: QueryUrl
    field: Text
    done: Annotated[tuple[Text, ...], Meta(min_length=1)]
    not_done: tuple[Text, ...] = ()


class InDoubt(Element, frozen=True):
    """`in_doubt:` with a query."""

    query: DoubtQuery


class Hook(Element, frozen=True):
    """An entry of `remediation_hooks:`; without `endpoint` a registered Python function."""

    id: Id
    description: Text | None = None
    endpoint: HttpUrl | None = None
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: dict[HeaderName, str] = field(default_factory=dict)
    auth: Auth | None = None
    idempotency_key: BodyField | None = None
    automation: AutomationMode | None = None
    limits: Limits | None = None
    in_doubt: Literal["retry", "ask"] | InDoubt | None = None
    timeout: Duration | None = None
    accepts: dict[str, Any] | None = None
