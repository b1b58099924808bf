"""Hooks that change something and cannot be called again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Level
from interlock.rulebook.elements import span
from interlock.rulebook.graph.state_graph import ActionKind
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHANGING = frozenset({"POST", "PATCH"})  # not idempotent by RFC 9110, 9.2.2, and RFC 5789

UNREPEATABLE = Page(
    code="A505",
    name="unrepeatable-hook",
    level=Level.WARNING,
    summary="A hook that changes something and declares no idempotency key.",
    why=(
        "When the daemon stops between sending a call and hearing the answer, nobody knows "
        "whether it was carried out. With a key it is simply sent again; without one the step is "
        "in doubt and waits for a person."
    ),
    bad="""\
runbooks:
  slow:
    match: incident.labels.alertname == "Slow"
    steps: [{id: scale, hook: scale_up}]
remediation_hooks:
  - {id: scale_up, endpoint: "https://api.example.test/scale"}
""",
    good="""\
runbooks:
  slow:
    match: incident.labels.alertname == "Slow"
    steps: [{id: scale, hook: scale_up}]
remediation_hooks:
  - {id: scale_up, endpoint: "https://api.example.test/scale", idempotency_key: request_id}
""",
    limits=(
        "POST and PATCH hooks that a step or an action calls. A step that retries such a hook is "
        "A503. Hooks in Python say for themselves whether they may run twice."
    ),
)


def find_unrepeatable(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each hook in use that changes something and carries no key."""
    called, retried = _used(context)
    for written in context.model.remediation_hooks or ():
        hook = context.graph.hooks.get(written.id)
        if hook is None or hook.endpoint is None or hook.idempotency_key is not None:
            continue
        if hook.method in _CHANGING and hook.id in called and hook.id not in retried:
            yield UNREPEATABLE.finding(
                f"hook `{hook.id}` changes something and has no idempotency key",
                span(written, "id"),
                help="name the body field that takes our key: `idempotency_key: request_id`",
                subject=f"hook `{hook.id}`",
            )


def _used(context: LintContext) -> tuple[set[str], set[str]]:
    """Return the hooks that are called, and those that steps retry."""
    called = {
        action.do
        for rule in context.graph.rules
        for action in rule.actions
        if action.kind is ActionKind.HOOK
    }
    retried = set()
    for runbook in context.graph.runbooks.values():
        for step in runbook.steps:
            called.add(step.hook)
            if step.undo is not None:
                called.add(step.undo.hook)
            if step.retry.attempts > 1:
                retried.add(step.hook)
    return called, retried


RULES = (
    LintRule(
        UNREPEATABLE,
        find_unrepeatable,
        frozenset({"remediation_hooks", "runbooks", "workflow_rules"}),
        frozenset("XGRT"),
    ),
)
