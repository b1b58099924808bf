"""The compiled rulebook: what the interpreter runs and every analysis reads.

Rules of this file: values only, immutable, complete. Names are resolved, durations are nanoseconds,
guards are compiled, defaults are filled in; nothing downstream looks at YAML again. Two rulebooks
with the same meaning-bearing content have the same `digest`, whatever their layout or comments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from interlock.rulebook.graph import matching
from interlock.rulebook.graph.routes import Correlation, Inhibition, Silence, Team
from interlock.rulebook.graph.runbook import Runbook
from interlock.rulebook.graph.schedule import Schedule
from interlock.rulebook.graph.severity_rank import severity_rank
from interlock.rulebook.source import Span

if TYPE_CHECKING:
    from interlock.rulebook.graph.properties import Property  # noqa: TC004 - it imports this module

Nanoseconds = int
Bindings = Mapping[str, Any]


class Automation(StrEnum):
    """How far remediation may go on its own; the order is `off < observe < ask < auto`."""

    OFF = "off"
    OBSERVE = "observe"
    ASK = "ask"
    AUTO = "auto"

    @property
    def rank(self) -> int:
        """0 for `off` to 3 for `auto`."""
        return _AUTOMATION_ORDER[self]


_AUTOMATION_ORDER = {mode: rank for rank, mode in enumerate(Automation)}


def lowest_automation(*modes: Automation | None) -> Automation:
    """Return the lowest of the given modes; None stands for a level that says nothing (`auto`)."""
    given = [mode for mode in modes if mode is not None]
    return min(given, key=_AUTOMATION_ORDER.__getitem__, default=Automation.AUTO)


class GuardRef(Struct, frozen=True):
    """A compiled guard where it is used.

    Attributes:
        text: The expression in canonical form; for a named guard that of its definition.
        name: The named guard's name (built in or from `guards:`), or None for an inline guard.
        evaluate: Takes the bindings and returns a bool; raises `GuardError` otherwise.
        reads: Dotted paths of the variables it reads (`now`, `incident.labels.team`).
        span: Where it is written.
    """

    text: str
    name: str | None
    evaluate: Callable[[Bindings], Any]
    reads: frozenset[str]
    span: Span | None = None


class ActionKind(StrEnum):
    """What an action name turned out to be."""

    BUILT_IN = "built_in"
    HOOK = "hook"
    RUNBOOK = "runbook"


class Action(Struct, frozen=True):
    """One entry of a rule's `action:`; `arguments` values may hold templates."""

    do: str
    kind: ActionKind
    arguments: Mapping[str, Any] = {}
    span: Span | None = None


class Gate(Struct, frozen=True):
    """Approvals a transition waits for; `name` is its rule's id.

    Attributes:
        when: The gate applies only where this holds; None: always.
        approvals: How many distinct principals must approve.
        roles: Roles an approver must hold one of; empty: any principal.
        exclude: `requester`, `author`, `principal:ID`.
        expires_ns: How long it stays open; None: for ever.
        on_expiry: `deny`, `escalate` or `approve`.
        is_implicit: Not written: it stands because the severity row requires approval.
    """

    name: str
    when: GuardRef | None = None
    approvals: int = 1
    roles: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    expires_ns: Nanoseconds | None = None
    on_expiry: str = "deny"
    is_implicit: bool = False


class Rule(Struct, frozen=True):
    """One workflow rule: a transition, its guard, gate and actions.

    A rule with neither `trigger` nor `after_ns` is *automatic*: tried after each input; it is also
    *asked for* by an event whose type maps to `target`. A default edge is asked for only, unless
    `is_automatic` says otherwise.
    """

    id: str
    sources: tuple[str, ...]
    target: str
    trigger: tuple[str, ...] = ()
    after_ns: Nanoseconds | None = None
    guard: GuardRef | None = None
    gate: Gate | None = None
    actions: tuple[Action, ...] = ()
    automation: Automation | None = None
    is_automatic: bool = True
    is_default: bool = False
    span: Span | None = None

    @property
    def can_be_asked_for(self) -> bool:
        """True when an event may reach this rule through the state it asks for."""
        return not self.trigger and self.after_ns is None


class Lifecycle(Struct, frozen=True):
    """The states an incident may be in; an incident is open where neither resolved nor final.

    In those of `sla_paused` its SLA clock stands still.
    """

    initial: str
    states: tuple[str, ...]
    resolved: frozenset[str]
    final: frozenset[str]
    sla_paused: frozenset[str] = frozenset()

    def is_open(self, state: str) -> bool:
        """True in a state that is neither resolved nor final."""
        return state not in self.resolved and state not in self.final


class EscalationLevel(Struct, frozen=True):
    """Who is told when an incident is still unacknowledged this long after opening."""

    after_ns: Nanoseconds
    notify: tuple[str, ...]


class SeverityRow(Struct, frozen=True):
    """One row of the severity matrix, or (not `is_declared`) the defaults of a missing one."""

    name: str
    rank: int
    sla_ns: Nanoseconds | None = None
    auto_remediation: bool | None = None
    approval_required: bool = False
    channels: tuple[str, ...] = ()
    escalation: tuple[EscalationLevel, ...] = ()
    post_mortem: bool = False
    is_declared: bool = True

    @property
    def automation(self) -> Automation:
        """`auto` where remediation is declared automatic, else `ask`."""
        return Automation.AUTO if self.auto_remediation else Automation.ASK


class Limits(Struct, frozen=True):
    """A hook's blast radius: `max` calls `per_ns` by the value at `by`, `concurrent` at a time.

    `over` says what becomes of a call beyond `max`: `ask` a person, or `wait` until it is not.
    """

    max: int = 10
    per_ns: Nanoseconds = 3_600_000_000_000
    by: str | None = None
    concurrent: int = 1
    over: str = "ask"


class Doubt(StrEnum):
    """What is done about a call whose answer never came."""

    RETRY = "retry"
    ASK = "ask"
    QUERY = "query"


class DoubtQuery(Struct, frozen=True):
    """A GET that asks a target what became of a call; `{key}` in `endpoint` is the call's key.

    Attributes:
        field: Dotted path of the answer's field that tells.
        done: Its values for "carried out".
        not_done: Its values for "not carried out"; 404 says so too. Anything else is a doubt still.
    """

    endpoint: str
    field: str
    done: tuple[str, ...]
    not_done: tuple[str, ...] = ()


class Hook(Struct, frozen=True):
    """An HTTP hook of `remediation_hooks`, or (endpoint None) a registered Python function."""

    id: str
    endpoint: str | None
    method: str = "POST"
    headers: Mapping[str, str] = {}
    auth: Mapping[str, str] | None = None
    idempotency_key: str | None = None
    automation: Automation | None = None
    limits: Limits = Limits()
    doubt: Doubt = Doubt.ASK
    doubt_query: DoubtQuery | None = None
    timeout_ns: Nanoseconds = 30_000_000_000
    span: Span | None = None


class Channel(Struct, frozen=True):
    """Where a notification goes; `options` are the keys of its type, secrets by reference."""

    name: str
    type: str
    options: Mapping[str, Any] = {}
    is_declared: bool = True


class Source(Struct, frozen=True):
    """A sender: how it authenticates (`is_open`: `auth: none`) and how its words map to ours."""

    name: str
    type: str
    auth: Mapping[str, Any] | None = None
    is_open: bool = False
    severity: Mapping[str, str] = {}
    map: Mapping[str, GuardRef] = {}
    labels: Mapping[str, GuardRef] = {}
    links: Mapping[str, GuardRef] = {}
    members: GuardRef | None = None


class PostMortem(Struct, frozen=True):
    """When the post-mortem ticket is due, who owns it, and the hook that gets it."""

    due_ns: Nanoseconds = 432_000_000_000_000
    review_meeting_ns: Nanoseconds = 604_800_000_000_000
    owner: GuardRef | None = None
    template: str | None = None
    target: str | None = None


class StateGraph(Struct, frozen=True, dict=True):
    """A rulebook, compiled.

    Attributes:
        name: The rulebook's name.
        digest: `sha256:` and 64 hex digits over the normalised content.
        lifecycle: States, initial, resolved and final ones.
        events: Event type to the state it asks for.
        opens: Event types that may open an incident.
        rules: All rules in the order they are tried (file order, default edges last).
        rules_from: The rules that leave each state, in that order.
        severities: The matrix rows by name; `row()` gives the defaults of a missing one.
        automation: The rulebook's own level of the automation ladder.
        on_call_schedule: The schedule `assign_on_call` reads, or None when none is declared.
        owner: Gives an incident's team, or None.
        properties: Claims to be proved; they change nothing here, nor the digest.
        file: Name of the file it is written in, without folders and ending.
        scope: Which events are this file's, where it says so.
        files: Of a folder, the graphs of its files in the order in which they are asked; new
            incidents run on one of these, and never on the folder's own.
        unsupported: What the rulebook uses and this version cannot run; `run` refuses with these.
        *_entries, *_files, matched_runbooks, inhibition_*: What those ask; derived, not digested.
    """

    name: str
    digest: str
    lifecycle: Lifecycle
    events: Mapping[str, str]
    opens: frozenset[str]
    rules: tuple[Rule, ...]
    rules_from: Mapping[str, tuple[Rule, ...]]
    severities: Mapping[str, SeverityRow]
    guards: Mapping[str, GuardRef] = {}
    runbooks: Mapping[str, Runbook] = {}
    hooks: Mapping[str, Hook] = {}
    channels: Mapping[str, Channel] = {}
    default_channel: str | None = None
    sources: Mapping[str, Source] = {}
    correlation: tuple[Correlation, ...] = (Correlation(),)
    silences: tuple[Silence, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    teams: Mapping[str, Team] = {}
    schedules: Mapping[str, Schedule] = {}
    on_call_schedule: str | None = None
    owner: GuardRef | None = None
    automation: Automation | None = None
    post_mortem: PostMortem = PostMortem()
    properties: tuple[Property, ...] = ()
    file: str = ""
    scope: GuardRef | None = None
    files: tuple[StateGraph, ...] = ()
    unsupported: tuple[str, ...] = ()

    correlation_entries = cached_property(matching.correlation_entries)
    matched_runbooks = cached_property(matching.matched_runbooks)
    scoped_files = cached_property(matching.scoped_files)
    silence_entries = cached_property(matching.silence_entries)
    inhibition_sources = cached_property(matching.inhibition_sources)
    inhibition_targets = cached_property(matching.inhibition_targets)

    @property
    def whole_files(self) -> tuple[StateGraph, ...]:
        """The graphs that incidents run on: those of its files, or itself."""
        return self.files or (self,)

    def row(self, severity: str | None) -> SeverityRow:
        """Return a severity's row; one the matrix lacks has no automation, SLA or approval need."""
        if severity is not None and (row := self.severities.get(severity)) is not None:
            return row
        return SeverityRow(
            name=severity or "",
            rank=severity_rank(severity),
            post_mortem=severity in ("P1", "P2"),
            is_declared=False,
        )
