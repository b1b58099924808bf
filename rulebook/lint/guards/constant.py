"""Guards that do not depend on the incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Level
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.guard_facts import constant_value
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.graph.state_graph import GuardRef, StateGraph

CONSTANT = Page(
    code="X210",
    name="constant-guard",
    level=Level.WARNING,
    summary="A guard that is always true or always false.",
    why=(
        "It reads like a condition and is none: either the transition is not guarded at all, or "
        "it is never taken."
    ),
    bad="""\
guards: {burning: 'true || incident.severity == "P1"'}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: burning}
""",
    good="""\
guards: {burning: 'incident.severity == "P1"'}
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: burning}
""",
    limits="Only literals, `!`, `&&`, `||` and `?:` are folded. A bare `true` is taken as meant.",
)


def find_constant(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each guard of the file whose value is known without an incident."""
    for guard, subject in _guards(context.graph):
        value = constant_value(guard)
        is_meant = _is_plain_true(guard) and not subject.startswith("property")
        if value is None or guard.span is None or is_meant:
            continue
        yield CONSTANT.finding(
            f"this guard is always {'true' if value else 'false'}",
            guard.span,
            help=_remedy(subject, is_true=value),
            subject=subject,
        )


def _remedy(subject: str, *, is_true: bool) -> str | None:
    if subject.startswith("property"):
        return "say when it would be broken" if is_true else "such a claim always holds"
    return "use `always_true` where no condition is meant" if is_true else None


def _is_plain_true(guard: GuardRef) -> bool:
    return guard.text == "true"


def _guards(graph: StateGraph) -> Iterator[tuple[GuardRef, str]]:
    """Yield each guard once, with its owner; a named one where it is defined."""
    for name, guard in graph.guards.items():
        yield guard, f"guard `{name}`"
    for rule in graph.rules:
        gate = rule.gate.when if rule.gate else None
        yield from _inline(f"rule `{rule.id}`", rule.guard, gate)
    for name, runbook in graph.runbooks.items():
        yield from _inline(f"runbook `{name}`", runbook.match, *(s.when for s in runbook.steps))
    for claim in graph.properties:
        yield from _inline(f"property `{claim.id}`", claim.never, claim.start)


def _inline(subject: str, *guards: GuardRef | None) -> Iterator[tuple[GuardRef, str]]:
    for guard in guards:
        if guard is not None and guard.name is None:
            yield guard, subject


RULES = (
    LintRule(
        CONSTANT,
        find_constant,
        frozenset({"guards", "workflow_rules", "runbooks", "properties"}),
        frozenset("GRATBX"),
    ),
)
