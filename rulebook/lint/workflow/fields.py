"""Actions of one rule that undo each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interlock.rulebook.diagnostics import Diagnostic, Label, Level
from interlock.rulebook.elements import key, span
from interlock.rulebook.lint.context import LintContext, LintRule
from interlock.rulebook.lint.page import Page
from interlock.rulebook.model import ActionCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interlock.rulebook.source import Span

CONFLICT = Page(
    code="R407",
    name="conflicting-fields",
    level=Level.ERROR,
    summary="One rule sets a field to two different values.",
    why=(
        "Both are written in one record, one after the other: only the last stays, and the first "
        "was in vain."
    ),
    bad="""\
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action:
      - {do: set_field, with: {metadata.phase: triage}}
      - {do: set_field, with: {metadata.phase: detected}}
""",
    good="""\
workflow_rules:
  - transition: DETECTED -> TRIAGE
    validator: severity_defined
    action:
      - {do: set_field, with: {metadata.phase: triage}}
      - {do: set_field, with: {metadata.seen: true}}
""",
    limits="Rules that follow one another in one run are not compared: the later one is meant.",
)


def find_conflicts(context: LintContext) -> Iterator[Diagnostic]:
    """Yield each field that an earlier action of the same rule sets otherwise."""
    for written, rule in context.written_rules():
        if not isinstance(written.action, tuple):
            continue
        first: dict[str, tuple[Any, Span]] = {}
        for call in written.action:
            if not isinstance(call, ActionCall) or call.do != "set_field":
                continue
            for field, value in call.arguments.items():
                before, where = first.setdefault(field, (value, key(call, "with", field)))
                if before == value and type(before) is type(value):
                    continue
                yield CONFLICT.finding(
                    f"`{field}` is set twice, to different values",
                    span(call, "with", field),
                    help="keep one of the two",
                    labels=(Label(where, "set here first"),),
                    subject=f"rule `{rule.id}`",
                )


RULES = (LintRule(CONFLICT, find_conflicts, frozenset({"workflow_rules"}), frozenset("XGRATB")),)
