"""What a rulebook means where it says nothing, and the words it cannot redefine.

Responsible for the default lifecycle, events, rules and edges and for the closed sets of built-in
names, as tables. Never looks at a model.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from interlock.rulebook.graph.state_graph import Lifecycle

LIFECYCLE: Final = Lifecycle(
    initial="DETECTED",
    states=("DETECTED", "TRIAGE", "MITIGATING", "RESOLVED", "POST_MORTEM"),
    resolved=frozenset({"RESOLVED"}),
    final=frozenset({"POST_MORTEM"}),
)

EVENTS: Final = {
    "engineer.ack": "TRIAGE",
    "mitigation.approved": "MITIGATING",
    "alert.resolved": "RESOLVED",
    "incident.resolved": "RESOLVED",
    "postmortem.created": "POST_MORTEM",
}
"""Event types to the state they ask for; `incident.resolved` is a person who resolves."""

OPENS: Final = frozenset({"alert.triggered"})

HUMAN_EVENTS: Final = frozenset(
    {
        "engineer.ack", "engineer.unack", "gate.approved", "gate.denied", "incident.resolved",
        "mitigation.approved", "postmortem.completed", "postmortem.created", "runbook.start",
        "runbook.undo",
        "severity.set",
    }
)  # fmt: skip

ENGINE_EVENTS: Final = frozenset(
    {
        "gate.denied", "gate.expired", "gate.opened", "runbook.failed", "runbook.succeeded",
        "runbook.undone", "silence.ended", "sla.breached",
    }
)  # fmt: skip
"""What the engine says itself; rules may name these types, no source may send them."""

ENGINE_NAMESPACES: Final = frozenset(name.partition(".")[0] for name in ENGINE_EVENTS)


class DefaultRule(NamedTuple):
    """A workflow rule of a rulebook that writes none."""

    source: str
    target: str
    validator: str
    action: str


RULES: Final = (
    DefaultRule("DETECTED", "TRIAGE", "severity_defined", "assign_on_call"),
    DefaultRule("TRIAGE", "MITIGATING", "approval_or_severity_check", "execute_remediation_steps"),
    DefaultRule("RESOLVED", "POST_MORTEM", "always_true", "create_postmortem_ticket"),
)


class DefaultEdge(NamedTuple):
    """A transition that exists unless a rule that can be asked for takes its pair."""

    source: str
    target: str
    is_automatic: bool = False
    action: str | None = None


EDGES: Final = (
    DefaultEdge("DETECTED", "RESOLVED"),
    DefaultEdge("TRIAGE", "RESOLVED"),
    DefaultEdge("MITIGATING", "RESOLVED"),
    DefaultEdge("RESOLVED", "POST_MORTEM", is_automatic=True, action="create_postmortem_ticket"),
)

GUARDS: Final = {
    "always_true": "true",
    "severity_defined": "has(incident.severity) && size(incident.severity) > 0",
    "approval_or_severity_check": "true",  # its gate does the waiting
}
"""Built-in named guards; a rulebook cannot redefine them."""

EXECUTE: Final = "execute_remediation_steps"
ACTIONS: Final = (
    "assign_on_call", "create_postmortem_ticket", "escalate", EXECUTE, "notify", "set_field",
)  # fmt: skip

SEVERITIES: Final = ("P1", "P2", "P3", "P4")
SOURCE: Final = "alertmanager"
POST_MORTEM_SEVERITIES: Final = frozenset({"P1", "P2"})
