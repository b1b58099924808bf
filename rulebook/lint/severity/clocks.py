"""Severity rows whose clocks contradict their order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import span
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interlock.rulebook.graph.state_graph import SeverityRow

ORDER = Page(
    code="T703",
    name="severity-order",
    level=Level.ERROR,
    summary="A higher severity has a longer SLA or a later escalation than a lower one.",
    why=(
        "Raising an incident's severity then buys time instead of costing it, and the worst "
        "incidents are the last that anybody is woken for."
    ),
    bad="""\
severity_matrix:
  P1: {sla_minutes: 60}
  P2: {sla_minutes: 15}
""",
    good="""\
severity_matrix:
  P1: {sla_minutes: 15}
  P2: {sla_minutes: 60}
""",
    limits="Rows without an SLA, or without escalation, are left out of the comparison.",
)


def find_disorder(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each pair of neighbouring rows whose SLA or first escalation is the wrong way round."""
    yield from _compare(context, "SLA", lambda row: row.sla_ns, ("sla_minutes",))
    yield from _compare(
        context,
        "first escalation",
        lambda row: row.escalation[0].after_ns if row.escalation else None,
        ("escalation", 0, "after"),
    )


def _compare(
    context: LintContext,
    clock: str,
    read: Callable[[SeverityRow], int | None],
    path: tuple[str | int, ...],
) -> Iterator[Diagnostic]:
    rows = sorted(
        (row for row in context.graph.severities.values() if row.is_declared),
        key=lambda row: (row.rank, row.name),
    )
    timed = [(row, value) for row in rows if (value := read(row)) is not None]
    for (higher, longer), (lower, shorter) in pairwise(timed):
        if higher.rank < lower.rank and longer > shorter:
            matrix = context.model
            yield ORDER.finding(
                f"the {clock} of `{higher.name}` is later than that of the lower `{lower.name}`",
                span(matrix, "severity_matrix", higher.name, *path),
                labels=(
                    Label(
                        span(matrix, "severity_matrix", lower.name, *path),
                        f"`{lower.name}` is due earlier",
                    ),
                ),
                subject=f"severity `{higher.name}`",
            )


RULES = (LintRule(ORDER, find_disorder, frozenset({"severity_matrix"}), frozenset("T")),)
