"""What takes something away and may run without anybody's consent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import span
from interlock.rulebook.graph.defaults import EXECUTE, HUMAN_EVENTS
from interlock.rulebook.graph.state_graph import ActionKind, Automation, lowest_automation
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.guard_facts import constant_value
from interlock.rulebook.lint.page import Page
from interlock.rulebook.lint.template_facts import is_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.graph.state_graph import Hook, Rule, SeverityRow, StateGraph
    from interlock.rulebook.model import WorkflowRule
    from interlock.rulebook.source import Span

_WORDS = re.compile(
    r"(?:^|[_./-])(?:delete|destroy|drop|erase|format|purge|terminate|truncate|wipe)(?:[_./-]|$)",
    re.IGNORECASE,
)

UNGATED = Page(
    code="B603",
    name="destructive-without-gate",
    level=Level.WARNING,
    summary="A destructive hook that may run without anybody's approval.",
    why=(
        "What is deleted, terminated or wiped does not come back when the alert turns out to be "
        "wrong. A gate, or `automation: ask` on the hook, puts a person before it."
    ),
    bad="""\
severity_matrix:
  P2: {auto_remediation: true, notification_channels: [ops]}
notification_channels: {ops: {type: log}}
runbooks:
  sick:
    match: incident.labels.alertname == "NodeSick"
    steps: [{id: away, hook: terminate_node}]
remediation_hooks:
  - {id: terminate_node, endpoint: "https://api.example.test/nodes", method: DELETE}
""",
    good="""\
severity_matrix:
  P2: {auto_remediation: true, notification_channels: [ops]}
notification_channels: {ops: {type: log}}
runbooks:
  sick:
    match: incident.labels.alertname == "NodeSick"
    steps: [{id: away, hook: terminate_node}]
remediation_hooks:
  - id: terminate_node
    endpoint: https://api.example.test/nodes
    method: DELETE
    automation: ask
""",
    limits=(
        "Destructive is a DELETE, or a hook whose id or URL says delete, destroy, drop, erase, "
        "format, purge, terminate, truncate or wipe. Steps that are undone are not looked at. A "
        "gate with a `when` of its own counts as none."
    ),
)


class _Path(NamedTuple):
    """One way to a hook without a person: the rule, and a severity that runs it."""

    written: Span | None
    rule: Rule
    row: SeverityRow


def find_ungated(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each step or action that calls a destructive hook nobody is asked about."""
    graph = context.graph
    hooks = {hook.id: hook for hook in graph.hooks.values() if _is_destructive(hook)}
    rows = [row for row in graph.severities.values() if row.auto_remediation]
    if not hooks or not rows:
        return
    written = {rule.id: span(entry, "transition") for entry, rule in context.written_rules()}
    ways = list(_ways(graph, rows, written))
    for runbook, step in context.written_steps():
        hook = hooks.get(step.hook or "")
        way = next((way for way in ways if _runs(way.rule, runbook, graph)), None)
        if hook is not None and way is not None:
            subject = f"runbook `{runbook}`, step `{step.id or hook.id}`"
            yield _finding(hook, way, span(step, "hook"), subject)
    for entry, rule in context.written_rules():
        way = next((way for way in ways if way.rule is rule), None)
        for index, action in enumerate(rule.actions):
            if way is not None and action.kind is ActionKind.HOOK and action.do in hooks:
                where = _action_place(entry, index)
                yield _finding(hooks[action.do], way, where, f"rule `{rule.id}`")


def _is_destructive(hook: Hook) -> bool:
    is_held = hook.automation is not None and hook.automation is not Automation.AUTO
    names = (hook.id, hook.endpoint or "")
    is_named = any(_WORDS.search(name) for name in names)
    return not is_held and (is_named or hook.method == "DELETE")


def _ways(graph: StateGraph, rows: list[SeverityRow], written: dict[str, Span]) -> Iterator[_Path]:
    for rule in graph.rules:
        mode = lowest_automation(graph.automation, rule.automation)
        is_asked_by_people = bool(rule.trigger) and set(rule.trigger) <= HUMAN_EVENTS
        if mode is not Automation.AUTO or is_asked_by_people or not rule.actions:
            continue
        if rule.is_default and not rule.is_automatic:
            continue
        for row in rows:
            if not _is_gated(rule, row):
                yield _Path(written.get(rule.id), rule, row)
                break


def _is_gated(rule: Rule, row: SeverityRow) -> bool:
    gate = rule.gate
    if gate is None:
        return False
    if gate.is_implicit:
        return row.approval_required
    return gate.on_expiry != "approve" and constant_value(gate.when) is True


def _runs(rule: Rule, runbook: str, graph: StateGraph) -> bool:
    for action in rule.actions:
        if action.kind is ActionKind.RUNBOOK and action.do == runbook:
            return True
        if action.do == EXECUTE:
            named = action.arguments.get("runbook")
            if named == runbook or (named is None and graph.runbooks[runbook].match is not None):
                return True
            if isinstance(named, str) and is_template(named):
                return True  # which one it is, the incident says
    return False


def _action_place(entry: WorkflowRule, index: int) -> Span:
    if isinstance(entry.action, tuple):
        return span(entry, "action", index)
    return span(entry, "action")


def _finding(hook: Hook, way: _Path, where: Span, subject: str) -> Diagnostic:
    by = f"rule `{way.rule.id}` at severity `{way.row.name}`"
    return UNGATED.finding(
        f"hook `{hook.id}` is destructive and may run unasked, by {by}",
        where,
        help=f"give the rule a `gate`, or hook `{hook.id}` `automation: ask`",
        labels=(Label(way.written, "nobody is asked here"),) if way.written else (),
        subject=subject,
    )


RULES = (
    LintRule(
        UNGATED,
        find_ungated,
        frozenset({"remediation_hooks", "runbooks", "workflow_rules", "severity_matrix"}),
    ),
)
