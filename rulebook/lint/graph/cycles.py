"""Automatic transitions that lead in a circle."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import span
from interlock.rulebook.graph.analysis import shortest_path
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.guard_facts import constant_value
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.graph.state_graph import Rule
    from interlock.rulebook.model import WorkflowRule

_LABELS_MAX = 3

AUTOMATIC_CYCLE = Page(
    code="G308",
    name="automatic-cycle",
    level=Level.ERROR,
    summary="Automatic transitions that always hold lead back to where they began.",
    why=(
        "Each input carries the incident round the circle: it never rests in one of the states, "
        "and the actions on the way are asked for again and again."
    ),
    bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: always_true}
  - {transition: TRIAGE -> DETECTED, validator: always_true}
""",
    good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: always_true}
  - {transition: TRIAGE -> DETECTED, trigger: engineer.released}
""",
    limits=(
        "Only guards that are constant are seen; whether others can hold together is a question "
        "for a solver."
    ),
)


def _always_taken(rule: Rule) -> bool:
    is_automatic = rule.is_automatic and not rule.trigger and rule.after_ns is None
    is_gated = rule.gate is not None and not rule.gate.is_implicit
    return is_automatic and not is_gated and constant_value(rule.guard) is True


def find_cycles(context: LintContext) -> Iterator[Diagnostic]:
    """Yield one finding per circle of automatic rules whose guards always hold."""
    rules = [pair for pair in context.written_rules() if _always_taken(pair[1])]
    edges: dict[str, list[str]] = {}
    for _, rule in rules:
        for source in rule.sources:
            if source != rule.target:
                edges.setdefault(source, []).append(rule.target)
    told: set[frozenset[str]] = set()
    for state in edges:
        circle = shortest_path(edges, state, state)
        if circle is not None and frozenset(circle) not in told:
            told.add(frozenset(circle))
            yield _finding(circle, rules)


def _finding(circle: tuple[str, ...], rules: list[tuple[WorkflowRule, Rule]]) -> Diagnostic:
    steps = set(pairwise(circle))
    members = [
        (written, rule)
        for written, rule in rules
        if any((source, rule.target) in steps for source in rule.sources)
    ]
    last, rule = members[-1]
    return AUTOMATIC_CYCLE.finding(
        f"automatic transitions go round for ever: {' -> '.join(circle)}",
        span(last, "transition"),
        help="give one of these rules a `trigger`, an `after` or a guard that ends the circle",
        labels=tuple(
            Label(span(written, "transition"), "always taken too")
            for written, _ in members[:-1][:_LABELS_MAX]
        ),
        subject=f"rule `{rule.id}`",
        trace=tuple(_way(circle, members)),
    )


def _way(circle: tuple[str, ...], members: list[tuple[WorkflowRule, Rule]]) -> Iterator[Label]:
    for source, target in pairwise(circle):
        written = next(w for w, rule in members if source in rule.sources and rule.target == target)
        yield Label(span(written, "transition"), f"{source} -> {target}")


RULES = (
    LintRule(AUTOMATIC_CYCLE, find_cycles, frozenset({"lifecycle", "guards", "workflow_rules"})),
)
