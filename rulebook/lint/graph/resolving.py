"""States in which an incident cannot be resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Level
from interlock.rulebook.graph.analysis import reachable, reversed_edges, successors
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.guard_facts import constant_value
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.graph.state_graph import Rule, StateGraph

UNRESOLVABLE = Page(
    code="G311",
    name="cannot-be-resolved",
    level=Level.WARNING,
    summary="A state of your own in which neither alerts nor people can resolve an incident.",
    why=(
        "Only the default states have an edge to the resolved one of their own. When the last "
        "alert ends, or a person resolves, while an incident is in any other state, the event is "
        "rejected: nothing asks again, and the incident stays open although all is well."
    ),
    bad="""\
lifecycle: {extend: default, states: [PARKED]}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> PARKED, trigger: vendor.asked}
  - {transition: PARKED -> TRIAGE, trigger: vendor.answered}
""",
    good="""\
lifecycle: {extend: default, states: [PARKED]}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> PARKED, trigger: vendor.asked}
  - {transition: PARKED -> TRIAGE, trigger: vendor.answered}
  - {transition: PARKED -> RESOLVED, trigger: [alert.resolved, incident.resolved]}
""",
    limits=(
        "Any rule to a resolved state will do, whatever its guard and trigger. A state that an "
        "unconditional automatic rule leaves at once is not reported, nor is one that nothing "
        "enters. Without a resolved state nothing is."
    ),
)


def find_unresolvable(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each written open state that can be entered and has no rule to a resolved one."""
    graph = context.graph
    lifecycle = graph.lifecycle
    over = lifecycle.resolved | lifecycle.final
    edges = successors(graph)
    entered = reachable(edges, [lifecycle.initial])
    ending = reachable(reversed_edges(edges), over)  # the others are G304 and G305
    for state in lifecycle.states if lifecycle.resolved else ():
        where = context.written_state(state)
        leaving = graph.rules_from.get(state, ())
        if where is None or state in over or state not in entered & ending:
            continue
        if not any(rule.target in lifecycle.resolved or _is_at_once(rule) for rule in leaving):
            yield UNRESOLVABLE.finding(
                f"an incident in state `{state}` cannot be resolved",
                where,
                help=f"add {{transition: {state} -> {_resolved(graph)}, trigger: "
                "[alert.resolved, incident.resolved]}",
                subject=f"state `{state}`",
            )


def _is_at_once(rule: Rule) -> bool:
    is_untimed = not rule.trigger and rule.after_ns is None
    is_automatic = rule.is_automatic and is_untimed and rule.gate is None
    return is_automatic and constant_value(rule.guard) is True


def _resolved(graph: StateGraph) -> str:
    """Return the state that the end of the alerts asks for, else the first resolved one."""
    resolved = graph.lifecycle.resolved
    asked = graph.events.get("alert.resolved")
    if asked in resolved:
        return asked
    return next(state for state in graph.lifecycle.states if state in resolved)


RULES = (
    LintRule(
        UNRESOLVABLE,
        find_unresolvable,
        frozenset({"lifecycle", "workflow_rules", "guards"}),
        frozenset("XRAT"),
    ),
)
