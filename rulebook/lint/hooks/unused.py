"""Runbooks that nothing can start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Level
from interlock.rulebook.document.nodes import key_span
from interlock.rulebook.graph.state_graph import ActionKind
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page
from interlock.rulebook.lint.template_facts import is_template

if TYPE_CHECKING:
    from collections.abc import Iterator

UNUSED = Page(
    code="B608",
    name="unused-runbook",
    level=Level.WARNING,
    summary="A runbook that matches no incident and that no action names.",
    why="Nothing ever starts it: in the incident it was written for, no step of it runs.",
    bad="""\
runbooks:
  drain:
    steps: [{id: drain, hook: drain_node}]
remediation_hooks:
  - {id: drain_node, endpoint: "https://api.example.test/drain", idempotency_key: key}
""",
    good="""\
runbooks:
  drain:
    match: incident.labels.alertname == "NodeSick"
    steps: [{id: drain, hook: drain_node}]
remediation_hooks:
  - {id: drain_node, endpoint: "https://api.example.test/drain", idempotency_key: key}
""",
)


def find_unused(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each runbook without `match` that no workflow rule names."""
    named = {
        action.do if action.kind is ActionKind.RUNBOOK else action.arguments.get("runbook")
        for rule in context.graph.rules
        for action in rule.actions
    }
    if any(isinstance(name, str) and is_template(name) for name in named):
        return  # which one is started, the incident says
    for name, runbook in (context.model.runbooks or {}).items():
        if runbook.match is None and name not in named and name in context.graph.runbooks:
            yield UNUSED.finding(
                f"nothing starts runbook `{name}`",
                key_span(context.model.node["runbooks"], name),
                help="give it a `match`, or name it in the `action` of a rule",
                subject=f"runbook `{name}`",
            )


RULES = (LintRule(UNUSED, find_unused, frozenset({"runbooks", "workflow_rules"}), frozenset("X")),)
