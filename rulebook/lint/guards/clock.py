"""Guards that read the clock where nothing would try them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.rulebook.diagnostics import Diagnostic, Level
from interlock.rulebook.elements import span
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.guard_facts import clock_reads
from interlock.rulebook.lint.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOCK = Page(
    code="X218",
    name="clock-in-automatic-guard",
    level=Level.ERROR,
    summary="An automatic rule whose guard reads `now`, a schedule or who is on call.",
    why=(
        "An automatic rule is tried when an input arrives, and time passing is no input: when the "
        "guard becomes true, nothing tries it. The incident waits for the next alert, perhaps for "
        "ever."
    ),
    bad="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, validator: 'now - incident.created_at > duration("10m")'}
""",
    good="""\
workflow_rules:
  - {transition: DETECTED -> TRIAGE, after: 10m}
""",
)


def find_clock_reads(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each rule without `trigger` and `after` whose guard reads the clock."""
    for written, rule in context.written_rules():
        if rule.guard is None or rule.trigger or rule.after_ns is not None:
            continue
        reads = clock_reads(rule.guard)
        if not reads:
            continue
        names = " and ".join(f"`{name}`" for name in reads)
        yield CLOCK.finding(
            f"this guard reads {names}, but nothing tries it again when time passes",
            span(written, "validator"),
            help="say when to try it: `after: 10m`, or `trigger:` with an event type",
            subject=f"rule `{rule.id}`",
        )


RULES = (LintRule(CLOCK, find_clock_reads, frozenset({"guards", "workflow_rules"})),)
