"""Workflow rules that say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import span
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.graph.state_graph import Gate, Rule
    from interlock.rulebook.model import WorkflowRule

DUPLICATE = Page(
    code="R404",
    name="duplicate-rule",
    level=Level.WARNING,
    summary="A workflow rule that says the same as an earlier one.",
    why=(
        "Rules are tried in file order and the first one wins, so the second is never taken. "
        "Whoever later edits only one of the two changes nothing, or not what they think."
    ),
    bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined, action: assign_on_call}
  - {id: again, transition: DETECTED -> TRIAGE, validator: severity_defined, action: assign_on_call}
""",
    good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: severity_defined, action: assign_on_call}
""",
    limits="Guards are compared by their canonical text, not by what they mean.",
)


def find_duplicates(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each rule that equals an earlier one in everything but its id."""
    alike: dict[object, list[tuple[WorkflowRule, Rule]]] = {}
    for written, rule in context.written_rules():
        alike.setdefault(_outline(rule), []).append((written, rule))
    for group in alike.values():
        if len(group) > 1:
            yield from _duplicates(group)


def _duplicates(group: list[tuple[WorkflowRule, Rule]]) -> Iterator[Diagnostic]:
    first: dict[object, tuple[WorkflowRule, Rule]] = {}
    for written, rule in group:
        original, original_rule = first.setdefault(_content(rule), (written, rule))
        if original is not written:
            yield DUPLICATE.finding(
                f"rule `{rule.id}` says the same as rule `{original_rule.id}`",
                span(written, "transition"),
                help="remove one of the two",
                labels=(Label(span(original, "transition"), "said here first"),),
                subject=f"rule `{rule.id}`",
            )


def _outline(rule: Rule) -> object:
    """Return what is cheap to compare and nearly always tells rules apart."""
    return rule.sources, rule.target, None if rule.guard is None else rule.guard.text


def _content(rule: Rule) -> object:
    return (
        rule.sources,
        rule.target,
        frozenset(rule.trigger),
        rule.after_ns,
        None if rule.guard is None else rule.guard.text,
        _gate_content(rule.gate),
        repr([(action.do, dict(action.arguments)) for action in rule.actions]),
        rule.automation,
    )


def _gate_content(gate: Gate | None) -> object:
    if gate is None:
        return None
    when = None if gate.when is None else gate.when.text
    return (when, gate.approvals, gate.roles, gate.exclude, gate.expires_ns, gate.on_expiry)


RULES = (
    LintRule(DUPLICATE, find_duplicates, frozenset({"lifecycle", "guards", "workflow_rules"})),
)
