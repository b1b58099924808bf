"""Rules that cause the events they are triggered by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import span
from interlock.rulebook.graph.defaults import EXECUTE
from interlock.rulebook.graph.state_graph import ActionKind
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.guard_facts import constant_value
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.graph.state_graph import Rule, StateGraph

_FAILED, _SUCCEEDED = "runbook.failed", "runbook.succeeded"
_LABELS_MAX = 3

LOOP = Page(
    code="R408",
    name="self-triggering",
    level=Level.ERROR,
    summary="A rule starts a runbook whose end triggers the rule again, without a bound.",
    why=(
        "The runbook runs again and again until its hooks reach their limits, and each run "
        "changes something. Retries, with pauses and a bound, belong to the step: `retry`."
    ),
    bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> MITIGATING, validator: always_true, action: execute_remediation_steps}
  - transition: MITIGATING -> MITIGATING
    trigger: runbook.succeeded
    action: execute_remediation_steps
""",
    good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined}
  - {transition: TRIAGE -> MITIGATING, validator: always_true, action: execute_remediation_steps}
  - transition: MITIGATING -> MITIGATING
    trigger: runbook.succeeded
    action: {do: notify, with: {message: the runbook is done}}
""",
    limits=(
        "Rules with a guard, a timer or a gate of their own are taken as bounded. A circle that "
        "goes on only while the runbook fails is a warning."
    ),
)


class _Run(NamedTuple):
    """What follows once a rule is taken: where the incident rests, and what starts a runbook."""

    rest: str
    rules: tuple[Rule, ...]

    @property
    def starts_runbook(self) -> bool:
        """True when the end of a runbook will be an event."""
        return any(
            action.kind is ActionKind.RUNBOOK or action.do == EXECUTE
            for rule in self.rules
            for action in rule.actions
        )


def find_loops(context: LintContext) -> Iterator[Diagnostic]:
    """Yield one finding per circle of unguarded rules that end-of-runbook events close."""
    graph = context.graph
    places = {rule.id: span(written, "transition") for written, rule in context.written_rules()}
    told: set[frozenset[str]] = set()
    for rule in graph.rules:
        for outcome in (_SUCCEEDED, _FAILED):
            if outcome not in rule.trigger or not _is_unbounded(rule):
                continue
            circle = _circle(graph, rule, outcome)
            ids = frozenset(member.id for member in circle)
            if circle and ids not in told:
                told.add(ids)
                others = [places[member.id] for member in circle[1:] if member.id in places]
                yield LOOP.finding(
                    f"this rule starts a runbook, and `{outcome}` triggers it again",
                    places[rule.id],
                    help="bound it by a guard or a gate, or let the step `retry`",
                    labels=tuple(Label(at, "on the way") for at in others[:_LABELS_MAX]),
                    subject=f"rule `{rule.id}`",
                    level=Level.WARNING if outcome == _FAILED else None,
                    trace=tuple(
                        Label(places[member.id], f"rule {member.id} is taken")
                        for member in circle
                        if member.id in places
                    ),
                )


def _circle(graph: StateGraph, first: Rule, outcome: str) -> list[Rule]:
    """Return the rules on the way from a rule back to itself, or nothing."""
    way: list[Rule] = []
    rule = first
    while True:
        run = _follow(graph, rule)
        if not run.starts_runbook:
            return []
        way += run.rules
        following = _triggered(graph, run.rest, outcome)
        if following is first:
            return list({member.id: member for member in way}.values())
        if following is None or any(following is member for member in way):
            return []
        rule = following


def _follow(graph: StateGraph, rule: Rule) -> _Run:
    """Return where the automatic rules that always hold lead after a rule; no state twice."""
    rules, state = [rule], rule.target
    entered = {state}
    while True:
        candidates = (other for other in graph.rules_from.get(state, ()) if _is_automatic(other))
        following = next(candidates, None)
        if following is None or following.target in entered or not _is_unbounded(following):
            return _Run(state, tuple(rules))
        rules.append(following)
        state = following.target
        entered.add(state)


def _triggered(graph: StateGraph, state: str, outcome: str) -> Rule | None:
    """Return the rule that the event triggers in a state, unless one before it may be taken."""
    for rule in graph.rules_from.get(state, ()):
        if outcome in rule.trigger and constant_value(rule.guard) is not False:
            return rule if _is_unbounded(rule) else None
    return None


def _is_automatic(rule: Rule) -> bool:
    is_untimed = not rule.trigger and rule.after_ns is None
    return rule.is_automatic and is_untimed and constant_value(rule.guard) is not False


def _is_unbounded(rule: Rule) -> bool:
    is_gated = rule.gate is not None and not rule.gate.is_implicit
    return rule.after_ns is None and not is_gated and constant_value(rule.guard) is True


RULES = (LintRule(LOOP, find_loops, frozenset({"lifecycle", "guards", "workflow_rules"})),)
