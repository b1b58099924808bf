"""Severities that require a post-mortem nobody would write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Level
from interlock.rulebook.elements import span
from interlock.rulebook.graph.analysis import reachable, successors
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

_ACTION = "create_postmortem_ticket"
_STATE = "POST_MORTEM"

MISSING = Page(
    code="G306",
    name="no-way-to-post-mortem",
    level=Level.ERROR,
    summary="A severity requires a post-mortem, and no transition leads to one.",
    why=(
        "`post_mortem: true` makes nothing by itself: the ticket is made by the action "
        f"`{_ACTION}`, which the default lifecycle has on its way to {_STATE}."
    ),
    bad="""\
lifecycle: {initial: OPEN, states: [OPEN, FIXED], final: [FIXED]}
severity_matrix:
  P1: {post_mortem: true, notification_channels: [ops]}
notification_channels: {ops: {type: log}}
workflow_rules:
  - {transition: OPEN -> FIXED, trigger: incident.resolved}
""",
    good="""\
lifecycle: {initial: OPEN, states: [OPEN, FIXED], final: [FIXED]}
severity_matrix:
  P1: {post_mortem: true, notification_channels: [ops]}
notification_channels: {ops: {type: log}}
workflow_rules:
  - {transition: OPEN -> FIXED, trigger: incident.resolved, action: create_postmortem_ticket}
""",
    limits=(
        "Rows that say `post_mortem: true` themselves. Guards are ignored, and a state "
        f"{_STATE} that can be reached counts as the way to one."
    ),
)


def find_missing(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each row that requires a post-mortem in a lifecycle that makes none."""
    graph = context.graph
    entered = reachable(successors(graph), [graph.lifecycle.initial])
    if _STATE in entered:
        return
    for rule in graph.rules:
        makes_one = any(action.do == _ACTION for action in rule.actions)
        if makes_one and any(source in entered for source in rule.sources):
            return
    for name, row in (context.model.severity_matrix or {}).items():
        if row.post_mortem:
            yield MISSING.finding(
                f"severity `{name}` requires a post-mortem, and no transition makes one",
                span(row, "post_mortem"),
                help=f"give a transition towards the end the action `{_ACTION}`",
                subject=f"severity `{name}`",
            )


RULES = (
    LintRule(
        MISSING,
        find_missing,
        frozenset({"severity_matrix", "lifecycle", "workflow_rules"}),
        frozenset("XT"),
    ),
)
